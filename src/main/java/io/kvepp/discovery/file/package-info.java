/// Discovery through Dynamo's file store: one folder that all processes of a host share.
///
/// Starting points: [FileDiscovery], [FileDiscoveryConfig].
///
/// Imports `discovery`, `worker`, `metrics` and `config`. Reads only: nothing is written or
/// deleted.
@NullMarked
package io.kvepp.discovery.file;

import org.jspecify.annotations.NullMarked;
