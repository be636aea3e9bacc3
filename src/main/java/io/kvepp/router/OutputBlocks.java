package io.kvepp.router;

/// How the tokens a request generates become blocks in use.
///
/// - `promptTokens`, `blockSizeTokens`: where the output starts within a block
/// - `expectedTokens`: how many tokens the client expects, -1 when it does not say
///
/// Source: Dynamo's output block tracking.
///
/// Immutable.
record OutputBlocks(int promptTokens, int blockSizeTokens, int expectedTokens) {
    /// Blocks the output has opened beyond those of the prompt.
    int after(int tokens) {
        return blocks((long) promptTokens + tokens) - blocks(promptTokens);
    }

    /// What each block counts: less and less, the nearer the request is to its expected end.
    double weightAfter(int tokens) {
        return expectedTokens <= 0 ? 1 : Math.max(0, 1 - (double) tokens / expectedTokens);
    }

    private int blocks(long tokens) {
        return (int) ((tokens + blockSizeTokens - 1) / blockSizeTokens);
    }
}
