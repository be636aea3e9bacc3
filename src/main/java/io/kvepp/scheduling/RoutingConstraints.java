package io.kvepp.scheduling;

import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which workers a request may go to, and which it would rather.
///
/// - `allowedWorkerIds`: null when any may
/// - `requiredTaints`: a worker must have every one of these
/// - `preferredTaints`: weight by taint; a positive one attracts, a negative one repels
///
/// Source: Dynamo 1.6.1 `RoutingConstraints` and `RoutingEligibility`.
///
/// Immutable.
public record RoutingConstraints(
        @Nullable Set<Long> allowedWorkerIds, Set<String> requiredTaints, Map<String, Float> preferredTaints) {
    public static final RoutingConstraints NONE = new RoutingConstraints(null, Set.of(), Map.of());

    public RoutingConstraints {
        allowedWorkerIds = allowedWorkerIds == null ? null : Set.copyOf(allowedWorkerIds);
        requiredTaints = Set.copyOf(requiredTaints);
        preferredTaints = Map.copyOf(preferredTaints);
    }

    /// Those of the candidates that the request may go to.
    public List<RankSlot> eligible(List<RankSlot> candidates) {
        return allowedWorkerIds == null && requiredTaints.isEmpty()
                ? candidates
                : candidates.stream().filter(this::allows).toList();
    }

    /// Whether the request may go to this rank.
    public boolean allows(RankSlot candidate) {
        return (allowedWorkerIds == null
                        || allowedWorkerIds.contains(candidate.worker().workerId()))
                && candidate.taints().containsAll(requiredTaints);
    }

    /// What a cost is multiplied by on a worker with these taints: `exp(-tanh(sum of the weights of
    /// the preferred ones it has))`, so between 1/e and e; 1 without preference.
    public double multiplier(Set<String> taints) {
        double sum = 0;
        for (Map.Entry<String, Float> preferred : preferredTaints.entrySet()) {
            sum += taints.contains(preferred.getKey()) ? preferred.getValue() : 0;
        }
        return Math.exp(-Math.tanh(sum));
    }
}
