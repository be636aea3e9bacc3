package io.kvepp.kvcache;

/// How many leading blocks of one prompt each rank holds, by slot.
///
/// `device`, `hostPinned` and `disk` count blocks, each tier continuing where the one before it
/// ended (external blocks are added to disk), so a rank's whole contiguous prefix is their sum.
///
/// Immutable; the arrays are not copied and must not be changed. A slot beyond an array's length
/// has no blocks.
///
/// Source: Dynamo's tiered lookup.
public record OverlapScores(int[] deviceBlocks, int[] hostPinnedBlocks, int[] diskBlocks) {
    private static final int[] EMPTY = new int[0];

    public static final OverlapScores NONE = new OverlapScores(EMPTY, EMPTY, EMPTY);

    public int device(int slot) {
        return at(deviceBlocks, slot);
    }

    public int hostPinned(int slot) {
        return at(hostPinnedBlocks, slot);
    }

    public int disk(int slot) {
        return at(diskBlocks, slot);
    }

    /// Blocks of the rank's whole contiguous prefix, in whatever tier.
    public int total(int slot) {
        return device(slot) + hostPinned(slot) + disk(slot);
    }

    private static int at(int[] blocks, int slot) {
        return slot >= 0 && slot < blocks.length ? blocks[slot] : 0;
    }
}
