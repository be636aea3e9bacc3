package io.kvepp.scheduling.queue;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.RankCapacities;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Whether any of some ranks has room for a request of a class.
///
/// Thread-safe.
final class RankGate {
    private final ActiveSequences active;
    private final Supplier<RankCapacities> capacities;
    private final UnaryOperator<List<RankSlot>> usable;

    /// `usable`: leaves those that may be given requests at all
    RankGate(ActiveSequences active, Supplier<RankCapacities> capacities, UnaryOperator<List<RankSlot>> usable) {
        this.active = active;
        this.capacities = capacities;
        this.usable = usable;
    }

    boolean isOpen(List<RankSlot> ranks, PolicyClass policy) {
        RankCapacities now = capacities.get();
        for (RankSlot rank : usable.apply(ranks)) {
            if (!policy.isBusy(active.prefillTokens(rank.slot()), now.batchedTokensMax(rank.slot()))) {
                return true;
            }
        }
        return false;
    }
}
