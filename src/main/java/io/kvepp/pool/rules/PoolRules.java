package io.kvepp.pool.rules;

import java.util.Map;

/// The rules of one pool.
///
/// - `priorities`: by the name of the objective; higher goes first, negative may be shed
///
/// Immutable.
record PoolRules(Map<String, Integer> priorities, ModelRewrites rewrites) {
    static final PoolRules NONE = new PoolRules(Map.of(), ModelRewrites.NONE);

    PoolRules {
        priorities = Map.copyOf(priorities);
    }
}
