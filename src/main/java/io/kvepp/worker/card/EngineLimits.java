package io.kvepp.worker.card;

/// How much a worker's engine takes; 0 where it does not say.
///
/// - `contextLengthTokens`: of one request, prompt and answer
/// - `totalKvBlocks`: of one rank's cache
/// - `maxNumBatchedTokens`: prompt tokens that a rank computes in one step
///
/// Immutable.
public record EngineLimits(int contextLengthTokens, int totalKvBlocks, int maxNumBatchedTokens) {
    public static final EngineLimits UNKNOWN = context(0);

    /// Nothing but the context's length is known.
    public static EngineLimits context(int contextLengthTokens) {
        return new EngineLimits(contextLengthTokens, 0, 0);
    }
}
