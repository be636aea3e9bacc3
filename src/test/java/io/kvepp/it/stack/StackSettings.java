package io.kvepp.it.stack;

/// What the workers of a stack have in common.
///
/// - `modelName`: the name the model is served under
/// - `gpuBlocks`: cache blocks of each worker
/// - `speedup`: how much faster than a real engine they compute
///
/// Immutable.
public record StackSettings(String modelName, int blockSize, int gpuBlocks, int contextTokens, double speedup) {
    /// Fast answers, and a cache that no test fills.
    public static final StackSettings DEFAULT = new StackSettings("qwen", 16, 16_384, 32_768, 20);
}
