package io.kvepp.scheduling;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;

/// What the choice of a worker needs to know of a request.
///
/// - `promptTokens`: tokens of the prompt, at least 0
/// - `hashes`: of its complete blocks; empty when the prompt was not read
///
/// Immutable.
public record SchedulingRequest(
        int promptTokens,
        BlockHashes hashes,
        OverlapScores overlaps,
        RoutingConstraints constraints,
        SchedulingOverride override) {
    /// A request without wishes of its own.
    public SchedulingRequest(int promptTokens, BlockHashes hashes, OverlapScores overlaps) {
        this(promptTokens, hashes, overlaps, RoutingConstraints.NONE, SchedulingOverride.NONE);
    }

    /// The request of a prompt that nobody read.
    public static SchedulingRequest unread(int promptTokensEstimate, int blockSizeTokens) {
        return new SchedulingRequest(promptTokensEstimate, BlockHashes.none(blockSizeTokens), OverlapScores.NONE);
    }

    public SchedulingRequest with(RoutingConstraints others) {
        return new SchedulingRequest(promptTokens, hashes, overlaps, others, override);
    }

    public SchedulingRequest with(SchedulingOverride other) {
        return new SchedulingRequest(promptTokens, hashes, overlaps, constraints, other);
    }

    /// Complete blocks of the prompt: those that are counted as in use.
    public int completeBlocks() {
        return hashes.count() > 0 ? hashes.count() : promptTokens / hashes.blockSizeTokens();
    }

    /// Blocks of the prompt, the incomplete last one included.
    public int blocks() {
        int size = hashes.blockSizeTokens();
        return (int) (((long) promptTokens + size - 1) / size);
    }
}
