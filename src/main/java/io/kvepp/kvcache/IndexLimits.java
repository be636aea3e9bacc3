package io.kvepp.kvcache;

import java.util.random.RandomGenerator;

/// How large an index may become, and the sizes of its parts.
///
/// - `entriesPerRankMax`: external hashes one rank may have, one for each tier that holds the block
/// - `pagesMax`: pages of [#PAGE_LONGS] the index may take in all
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

    /// 12 GiB.
    static final int PAGES_MAX = (12 << 20) / 16;

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

    static IndexLimits of(RandomGenerator random) {
        return new IndexLimits(
                ENTRIES_PER_RANK_MAX,
                PAGES_MAX,
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
