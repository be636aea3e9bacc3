package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHashes;
import java.util.List;

/// The outcome of one choice.
///
/// - `hashes`: of the prompt's complete blocks
/// - `trackPrefillTokens`: the prompt's tokens count as load
/// - `overlaps`: what each rank of the chosen worker holds of the prompt
/// - `cachedTokens`: of the prompt, that the chosen rank holds, weighted by tier
/// - `projectedBlocks`: in use on the chosen rank with all blocks of this request
/// - `prefillTokens`: that the chosen rank had to compute when it was chosen, this request aside
/// - `prefillTokenCapacity`: that it computes in one step
/// - `totalKvBlocks`: of its cache; 0 when unknown
///
/// Immutable; the arrays must not be changed.
public record Selected(
        ChosenWorker chosen,
        BlockHashes hashes,
        int promptTokens,
        boolean trackPrefillTokens,
        List<RankOverlap> overlaps,
        int cachedTokens,
        long projectedBlocks,
        long prefillTokens,
        int prefillTokenCapacity,
        int totalKvBlocks) {
    public Selected {
        overlaps = List.copyOf(overlaps);
    }

    /// Tokens of the prompt that are still to be computed.
    public int uncachedTokens() {
        return Math.max(0, promptTokens - cachedTokens);
    }

    /// What the chosen rank itself holds.
    public RankOverlap overlap() {
        return overlaps.stream()
                .filter(overlap -> overlap.worker().equals(chosen.worker()))
                .findFirst()
                .orElse(new RankOverlap(chosen.worker(), 0, 0, 0));
    }
}
