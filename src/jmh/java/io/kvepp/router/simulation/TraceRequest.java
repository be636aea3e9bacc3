package io.kvepp.router.simulation;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;

/// One request of a trace.
///
/// - `arrivalMillis`: from the beginning of the trace
/// - `hashes`: of the prompt's complete blocks
///
/// Immutable.
record TraceRequest(long arrivalMillis, int promptTokens, int outputTokens, BlockHashes hashes) {
    static final int BLOCK_TOKENS = 128;
    static final int TRACE_BLOCK_TOKENS = 512;

    private static final int PARTS = TRACE_BLOCK_TOKENS / BLOCK_TOKENS;

    /// `traceBlocks`: ids of 512-token blocks, the last of which may be incomplete. Equal ids are
    /// equal text after equal text.
    static TraceRequest of(long arrivalMillis, int promptTokens, int outputTokens, long[] traceBlocks) {
        int count = Math.min(promptTokens / BLOCK_TOKENS, PARTS * traceBlocks.length);
        long[] local = new long[count];
        long[] sequence = new long[count];
        for (int i = 0; i < count; i++) {
            local[i] = BlockHasher.next(traceBlocks[i / PARTS], i % PARTS);
            sequence[i] = i == 0 ? local[0] : BlockHasher.next(sequence[i - 1], local[i]);
        }
        return new TraceRequest(
                arrivalMillis, promptTokens, Math.max(1, outputTokens), new BlockHashes(local, sequence, BLOCK_TOKENS));
    }
}
