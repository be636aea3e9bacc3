package io.kvepp.kvcache;

/// The hashes of the complete blocks of one prompt; both arrays have one entry a block.
///
/// - `local`: XXH3-64 of each block's token ids
/// - `sequence`: each block chained to all before it
/// - `blockSizeTokens`: tokens of one block
///
/// Immutable; the arrays are not copied and must not be changed.
public record BlockHashes(long[] local, long[] sequence, int blockSizeTokens) {
    public static BlockHashes none(int blockSizeTokens) {
        return new BlockHashes(new long[0], new long[0], blockSizeTokens);
    }

    public int count() {
        return sequence.length;
    }
}
