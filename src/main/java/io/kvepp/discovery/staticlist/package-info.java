/// Discovery without Dynamo: a YAML file that lists plain vLLM and SGLang engines.
///
/// Starting points: [StaticListDiscovery], [StaticWorkersFile] (the format).
///
/// Imports `discovery`, `worker`, `worker.card`, `metrics` and `config`.
@NullMarked
package io.kvepp.discovery.staticlist;

import org.jspecify.annotations.NullMarked;
