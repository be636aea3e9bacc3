/// What the objects of a pool say about its requests: priorities (InferenceObjective) and model
/// names (InferenceModelRewrite).
///
/// Starting points: [RulesPicker] (one request), [WatchedRules] (the objects).
///
/// Imports `picker`, `pool`, `kube`, `inference.json` and `config`. A picker in front of the one that
/// decides: the decision sees the rewritten request.
@NullMarked
package io.kvepp.pool.rules;

import org.jspecify.annotations.NullMarked;
