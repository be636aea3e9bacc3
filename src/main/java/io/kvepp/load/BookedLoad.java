package io.kvepp.load;

/// What one request adds to a rank.
///
/// - `prefillTokens`: prompt tokens the rank has to compute, until the first token
/// - `sharedBlocks`: sequence hashes of the prompt's complete blocks, counted once among live
///   requests; empty when blocks are not tracked or not shared
/// - `privateBlocks`: further blocks that only this request uses
///
/// Immutable; the array is not copied and must not be changed.
public record BookedLoad(int prefillTokens, long[] sharedBlocks, int privateBlocks) {
    private static final long[] NO_BLOCKS = new long[0];

    /// Prefill tokens only.
    public static BookedLoad prefill(int prefillTokens) {
        return new BookedLoad(prefillTokens, NO_BLOCKS, 0);
    }

    /// Blocks of one's own only.
    public static BookedLoad blocks(int privateBlocks) {
        return new BookedLoad(0, NO_BLOCKS, privateBlocks);
    }
}
