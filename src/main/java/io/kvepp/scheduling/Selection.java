package io.kvepp.scheduling;

import io.kvepp.worker.RankSlot;
import java.util.List;

/// The outcome of one choice.
///
/// - `winner`: the chosen rank, and how it was judged
/// - `considered`: up to [#CONSIDERED_MAX] of the candidates, the winner and the best of the others,
///   in the candidates' order
/// - `candidates`: how many there were
/// - `longestOverlapBlocks`: the longest prefix of the prompt that any candidate holds
/// - `longestOverlapRanks`: how many candidates hold so much
/// - `rules`: by which the choice was made
/// - `cachedTokens`: prompt tokens the winner holds, weighted by tier, at most the prompt
///
/// Immutable.
public record Selection(
        Judged winner,
        List<Judged> considered,
        int candidates,
        int longestOverlapBlocks,
        int longestOverlapRanks,
        int cachedTokens,
        SchedulingConfig rules) {
    /// Candidates a choice remembers: what it costs to explain does not grow with the fleet.
    public static final int CONSIDERED_MAX = 16;

    public Selection {
        considered = List.copyOf(considered);
    }

    /// A candidate and what decided about it.
    ///
    /// - `key`: what the mode compares, lower is better: the cost, requests under way, or the turn
    ///
    /// Immutable.
    public record Judged(RankSlot rank, double key, CostTerms terms) {}

    public RankSlot chosen() {
        return winner.rank();
    }

    /// The same choice where another rank answers, which holds so much of the prompt.
    public Selection takenOver(RankSlot by, int cachedTokens) {
        return new Selection(
                new Judged(by, winner.key(), winner.terms()),
                considered,
                candidates,
                longestOverlapBlocks,
                longestOverlapRanks,
                cachedTokens,
                rules);
    }

    /// What the mode compared, of each candidate considered.
    public double[] keys() {
        return considered.stream().mapToDouble(Judged::key).toArray();
    }
}
