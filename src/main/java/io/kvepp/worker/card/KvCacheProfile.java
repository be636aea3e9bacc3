package io.kvepp.worker.card;

import org.jspecify.annotations.Nullable;

/// How a worker cuts prompts into KV blocks, and whether it tells which ones it holds.
///
/// - `blockSizeTokens`: tokens of one KV block
/// - `eagle`: block hashes cover a window of one extra token
/// - `publishesEvents`: false for workers whose cache is never announced (decode)
/// - `stateEndpoint`: the scope of the worker's KV events, null for the serving endpoint
///
/// Immutable.
public record KvCacheProfile(
        int blockSizeTokens,
        boolean eagle,
        boolean publishesEvents,
        @Nullable EndpointId stateEndpoint) {
    /// Blocks of plain tokens, whose events have the scope of the serving endpoint.
    public static KvCacheProfile of(int blockSizeTokens, boolean publishesEvents) {
        return new KvCacheProfile(blockSizeTokens, false, publishesEvents, null);
    }

    /// Whether both cut a prompt into the same blocks.
    public boolean cutsLike(KvCacheProfile other) {
        return blockSizeTokens == other.blockSizeTokens && eagle == other.eagle;
    }
}
