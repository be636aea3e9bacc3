package io.kvepp.scheduling;

import io.kvepp.worker.RankSlot;
import java.util.List;

/// The outcome of one choice: the winner's place in `candidates`, and what each would have cost.
///
/// - `costs`: lower is better, in blocks; same order as `candidates`
/// - `cachedTokens`: prompt tokens the winner holds, weighted by tier, at most the prompt
///
/// Immutable; the array is not copied and must not be changed.
public record Selection(List<RankSlot> candidates, double[] costs, int winner, int cachedTokens) {
    public Selection {
        candidates = List.copyOf(candidates);
    }

    public RankSlot chosen() {
        return candidates.get(winner);
    }
}
