package io.kvepp.picker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Why a request went where it went. Holds no prompt text.
///
/// - `mode`: `aggregated`, `disaggregated` or `load-only`
/// - `why`: one sentence for a person
/// - `prefill`: null unless the mode is `disaggregated`
/// - `candidates`: everybody who could have been chosen, in either role
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
        List<Candidate> candidates) {
    public PickExplanation {
        candidates = List.copyOf(candidates);
    }

    /// A chosen rank. `cost`: lower is better, in blocks.
    public record Choice(String workerId, int dpRank, int overlapBlocks, double cost) {}

    /// A rank that could have been chosen. `role`: `AGGREGATED`, `PREFILL` or `DECODE`.
    public record Candidate(String workerId, int dpRank, String role, int overlapBlocks, double cost) {}
}
