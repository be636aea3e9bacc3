package io.kvepp.worker;

import java.util.Set;

/// A live rank with its slot: a candidate for a request.
///
/// - `taints`: labels of its worker that requests may require or prefer
///
/// Immutable.
public record RankSlot(WorkerWithDpRank worker, int slot, Set<String> taints) {
    public RankSlot {
        taints = Set.copyOf(taints);
    }

    /// A rank without taints.
    public RankSlot(WorkerWithDpRank worker, int slot) {
        this(worker, slot, Set.of());
    }
}
