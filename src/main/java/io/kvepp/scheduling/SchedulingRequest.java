package io.kvepp.scheduling;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;

/// What the cost function needs to know of a request.
///
/// - `promptTokens`: tokens of the prompt, at least 0
/// - `hashes`: of its complete blocks; empty when the prompt was not read
/// - `phase`: which of the worker's parts count
///
/// Immutable.
public record SchedulingRequest(int promptTokens, BlockHashes hashes, OverlapScores overlaps, Phase phase) {
    /// Which part of the work is placed.
    ///
    /// Source: Dynamo's prefill router: prefill does not track active blocks; decode gives no
    /// overlap credit, assumes no reuse and tracks no prefill tokens.
    public enum Phase {
        AGGREGATED,
        PREFILL,
        DECODE
    }

    public SchedulingRequest inPhase(Phase other) {
        return new SchedulingRequest(promptTokens, hashes, overlaps, other);
    }

    /// Blocks of the prompt, the incomplete last one included.
    public int blocks() {
        int size = hashes.blockSizeTokens();
        return (int) (((long) promptTokens + size - 1) / size);
    }
}
