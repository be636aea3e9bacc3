package io.kvepp.picker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Why a request went where it went. Holds no prompt text.
///
/// - `mode`: `aggregated`, `disaggregated` or `load-only`
/// - `why`: one sentence for a person
/// - `prefill`: null unless the mode is `disaggregated`
/// - `rules`: what was weighed and how, for each role that was chosen
/// - `candidates`: who could have been chosen, in either role; the best few of a large fleet
///
/// Immutable.
public record PickExplanation(
        String requestId,
        String model,
        int promptTokens,
        int blockSize,
        String mode,
        String why,
        Choice decode,
        @Nullable Choice prefill,
        List<Rules> rules,
        List<Candidate> candidates) {
    public PickExplanation {
        rules = List.copyOf(rules);
        candidates = List.copyOf(candidates);
    }

    /// A chosen rank. `cost`: lower is better, in blocks.
    public record Choice(String workerId, int dpRank, int overlapBlocks, double cost) {}

    /// The rules of one role.
    ///
    /// - `role`: `AGGREGATED`, `PREFILL` or `DECODE`
    /// - `routerMode`: the word of the option of that name
    /// - `candidates`: how many there were
    ///
    /// Immutable.
    public record Rules(
            String role,
            String routerMode,
            int candidates,
            double overlapScoreCredit,
            double overlapScoreCreditDecay,
            double prefillLoadScale,
            double activeRequestWeight,
            double hostCacheHitWeight,
            double diskCacheHitWeight,
            double temperature,
            boolean trackPrefillTokens,
            boolean trackActiveBlocks,
            boolean assumeKvReuse) {}

    /// A rank that could have been chosen, and what its cost is made of, in blocks:
    /// `multiplier * (scale * max(0, prefillBlocks - creditBlocks) + activeBlocks + weight *
    /// activeRequests)`.
    ///
    /// - `role`: as in [Rules]
    /// - `key`: what the router mode compared: the cost in the mode `kv`
    ///
    /// Immutable.
    public record Candidate(
            String workerId,
            int dpRank,
            String role,
            int overlapBlocks,
            double cost,
            double key,
            double prefillBlocks,
            double creditBlocks,
            double activeBlocks,
            int activeRequests,
            double multiplier) {}
}
