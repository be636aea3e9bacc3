package io.kvepp.router;

import java.util.List;
import java.util.Map;

/// The ready endpoints of a pool at one moment.
///
/// - `all`: every `ip:port`
/// - `byWorker`: the endpoints of the pod that a worker runs in, by unsigned worker id and then in
///   the order of its ranks, never none; ranks beyond the last share the last
///
/// Immutable.
public record PoolEndpoints(List<String> all, Map<Long, List<String>> byWorker) {
    public static final PoolEndpoints NONE = new PoolEndpoints(List.of(), Map.of());

    public PoolEndpoints {
        all = List.copyOf(all);
        byWorker = Map.copyOf(byWorker);
    }
}
