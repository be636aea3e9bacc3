package io.kvepp.router;

import java.util.List;
import java.util.Map;

/// The ready endpoints of a pool at one moment.
///
/// - `all`: every `ip:port`
/// - `byWorker`: the pod that a worker runs in, by unsigned worker id
///
/// Immutable.
public record PoolEndpoints(List<String> all, Map<Long, Pod> byWorker) {
    public static final PoolEndpoints NONE = new PoolEndpoints(List.of(), Map.of());

    public PoolEndpoints {
        all = List.copyOf(all);
        byWorker = Map.copyOf(byWorker);
    }

    /// A pod, as the pool knows it and as its workers are reached.
    ///
    /// - `members`: its endpoints of the pool
    /// - `entries`: where requests for its workers go, in the order of their ranks, never none; ranks
    ///   beyond the last share the last
    ///
    /// Immutable.
    public record Pod(List<String> members, List<String> entries) {
        public Pod {
            members = List.copyOf(members);
            entries = List.copyOf(entries);
        }

        /// A pod whose workers are reached at its endpoints of the pool.
        public static Pod entered(List<String> members) {
            return new Pod(members, members);
        }
    }
}
