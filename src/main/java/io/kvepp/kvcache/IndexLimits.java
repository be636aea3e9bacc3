package io.kvepp.kvcache;

import java.util.random.RandomGenerator;

/// How large an index may become, and the sizes of its parts.
///
/// - `entriesPerRankMax`: external hashes one rank may have, one for each tier that holds the block
/// - `pagesMax`: pages of [PagePool#PAGE_LONGS] the index may take in all
/// - `runBlocksMax`: blocks of one [Run]
/// - `linesPerPage`: lines of one page of [HashLines], a power of two
/// - `mix`: what spreads hashes over tables
///
/// Immutable.
record IndexLimits(long entriesPerRankMax, int pagesMax, int runBlocksMax, int linesPerPage, KeyMix mix) {
    static final long ENTRIES_PER_RANK_MAX = 1L << 24;

    /// 12 GiB.
    static final int PAGES_MAX = (int) ((12L << 30) / (PagePool.PAGE_LONGS * Long.BYTES));

    static final int RUN_BLOCKS_MAX = 1 << Place.POSITION_BITS;
    static final int LINES_PER_PAGE = PagePool.PAGE_LONGS / HashLines.LINE_LONGS;

    IndexLimits {
        check(entriesPerRankMax > 0, "entriesPerRankMax", entriesPerRankMax, "> 0");
        check(pagesMax > 0, "pagesMax", pagesMax, "> 0");
        check(
                runBlocksMax > 0 && runBlocksMax <= RUN_BLOCKS_MAX,
                "runBlocksMax",
                runBlocksMax,
                "1 to " + RUN_BLOCKS_MAX);
        check(
                Integer.bitCount(linesPerPage) == 1 && linesPerPage > 0 && linesPerPage <= LINES_PER_PAGE,
                "linesPerPage",
                linesPerPage,
                "a power of two, at most " + LINES_PER_PAGE);
    }

    static IndexLimits of(RandomGenerator random) {
        return new IndexLimits(ENTRIES_PER_RANK_MAX, PAGES_MAX, RUN_BLOCKS_MAX, LINES_PER_PAGE, KeyMix.random(random));
    }

    private static void check(boolean holds, String name, long value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
