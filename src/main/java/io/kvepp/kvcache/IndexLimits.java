package io.kvepp.kvcache;

import java.util.random.RandomGenerator;

/// How large an index may become, and the sizes of its parts.
///
/// - `entriesPerRankMax`: external hashes one rank may have, one for each tier that holds the block
/// - `pagesMax`: what the index may take in all, in pages of [#PAGE_LONGS]; nodes, runs and aliases
///   count
/// - `runBlocksMax`: blocks of one [Run]
/// - `tableLines`: lines of one table of [HashLines], a power of two
/// - `slabLongs`: the memory taken at once, in longs; a power of two
/// - `mix`: what spreads hashes over tables
///
/// Immutable.
record IndexLimits(long entriesPerRankMax, int pagesMax, int runBlocksMax, int tableLines, int slabLongs, KeyMix mix) {
    static final long ENTRIES_PER_RANK_MAX = 1L << 24;

    /// 16 KB.
    static final int PAGE_LONGS = 1 << 11;

    static final int TABLE_LINES = PAGE_LONGS / Lines.LINE_LONGS;

    private static final long BYTES_MAX = 12L << 30;

    private static final long BYTES_MIN = 16L << 20;

    /// What the rest of the process needs of the heap, however small that is.
    private static final long OTHERS_BYTES = 64L << 20;

    static final int RUN_BLOCKS_MAX = 1 << Place.POSITION_BITS;

    IndexLimits {
        check(slabLongs >= 2 * PAGE_LONGS, "slabLongs", slabLongs, "room for a page");
        check(entriesPerRankMax > 0, "entriesPerRankMax", entriesPerRankMax, "> 0");
        check(pagesMax > 0, "pagesMax", pagesMax, "> 0");
        check(
                runBlocksMax > 0 && runBlocksMax <= RUN_BLOCKS_MAX,
                "runBlocksMax",
                runBlocksMax,
                "1 to " + RUN_BLOCKS_MAX);
        check(
                Integer.bitCount(tableLines) == 1 && tableLines > 0 && tableLines <= TABLE_LINES,
                "tableLines",
                tableLines,
                "a power of two, at most " + TABLE_LINES);
    }

    /// Two thirds of the heap, 64 MiB aside: 16 MiB at least, 12 GiB at most. A full index refuses
    /// blocks; a full heap ends the process.
    static IndexLimits of(RandomGenerator random, long heapBytes) {
        long bytes = Math.clamp((heapBytes - OTHERS_BYTES) / 3 * 2, BYTES_MIN, BYTES_MAX);
        return new IndexLimits(
                ENTRIES_PER_RANK_MAX,
                (int) (bytes / (PAGE_LONGS * Long.BYTES)),
                RUN_BLOCKS_MAX,
                TABLE_LINES,
                PagePool.regionLongs(),
                KeyMix.random(random));
    }

    private static void check(boolean holds, String name, long value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
