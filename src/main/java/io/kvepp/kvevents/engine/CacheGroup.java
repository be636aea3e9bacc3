package io.kvepp.kvevents.engine;

import java.util.Set;

/// Which of an engine's caches an event is about, where it has several (for layers of different
/// kinds).
///
/// - `index`: the group, -1 when the event does not say
/// - `kind`: of its layers
///
/// Immutable.
record CacheGroup(int index, Kind kind) {
    static final CacheGroup NONE = new CacheGroup(-1, Kind.UNTOLD);

    private static final Set<String> MAIN_KINDS = Set.of("full_attention", "mla_attention", "sink_full_attention");

    enum Kind {
        /// Layers that look at the whole prompt: the only ones a prefix can be reused from alone.
        MAIN,
        OTHER,
        UNTOLD
    }

    static Kind kindOf(String name) {
        return MAIN_KINDS.contains(name) ? Kind.MAIN : Kind.OTHER;
    }
}
