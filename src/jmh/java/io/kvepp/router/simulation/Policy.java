package io.kvepp.router.simulation;

import io.kvepp.scheduling.RouterMode;

/// Who chooses workers in a replay.
///
/// - `oracle`: knows at once what every worker holds when the prompt would be computed there, waiting
///   requests and evictions to come included; the costs are the same
///
/// Immutable.
record Policy(String name, RouterMode mode, boolean oracle) {
    static final Policy KV = new Policy("kv", RouterMode.KV, false);
    static final Policy ORACLE = new Policy("oracle", RouterMode.KV, true);

    static Policy of(RouterMode mode) {
        return new Policy(mode.word(), mode, false);
    }
}
