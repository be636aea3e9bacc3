package io.kvepp.kvcache;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Hands out memory in pages of equal size, and takes them back for the next who asks.
///
/// Confined to the index's writer.
final class PagePool {
    /*
     * Pages are cut from long[] slabs. A slab larger than half of a heap region (32 MB at most) is
     * never moved by G1 and has nothing in it to trace, so it costs the collector as little as
     * memory outside the heap; and what a reader still looks at cannot vanish under it: a slab
     * without pages in use is let go, and is the collector's once no reader has it.
     *
     * Pages come from the first slab that has some, so that the last ones run empty. One empty slab
     * is kept, or an index that neither grows nor shrinks would make slabs again and again.
     *
     * Once there are some, the next slab is made, and so touched page by page by the JVM, on another
     * thread while the one before it is handed out.
     */

    /// Where in an array a pair of cache lines starts, if the array starts on one: its header has 16
    /// bytes.
    private static final int ALIGNMENT_LONGS = 14;

    private static final int HEADER_LONGS = 2;

    private static final int REGION_LONGS_MIN = 1 << 17;
    private static final int SLAB_LONGS_MAX = 1 << 22;

    /// Slabs from which on the next one is made ahead: before, it would be much of the whole.
    private static final int SLABS_AHEAD = 16;

    private static final long[] GONE = {};

    static final int NONE = -1;

    private final int pageLongs;
    private final int pagesMax;
    private final int slabLongs;
    private final int pagesOfSlab;

    /// Bits of a page's number that tell where in its slab it is.
    private final int slabBits;

    /// [#GONE] where there was one.
    private long[][] slabs = new long[4][];

    /// By slab: the free pages, and how many of those there are.
    private int[][] free = new int[4][];

    private int[] freeCounts = new int[4];

    private final BitSet withFree = new BitSet();
    private final BitSet gone = new BitSet();
    private int slabCount;
    private int pages;
    private int freeCount;

    /// The slab without pages in use that is kept.
    private int empty = NONE;

    /// The slabs from this one on are not needed for the pages in use.
    private int leavingFrom = Integer.MAX_VALUE;

    private @Nullable CompletableFuture<long[]> ahead;

    /// @param slabLongs a power of two
    PagePool(int pageLongs, int pagesMax, int slabLongs) {
        this.pageLongs = pageLongs;
        this.pagesMax = pagesMax;
        // With its header the array is a power of two and fills heap regions.
        this.slabLongs = slabLongs - HEADER_LONGS;
        pagesOfSlab = (this.slabLongs - ALIGNMENT_LONGS) / pageLongs;
        slabBits = Integer.SIZE - Integer.numberOfLeadingZeros(pagesOfSlab);
    }

    /// The size of a heap region: an array of that size stands by itself and at its beginning, so on
    /// a cache line, which makes a table of cache lines a third faster. Where there are no regions, or
    /// nobody tells, 1 MB.
    static int regionLongs() {
        @Nullable HotSpotDiagnosticMXBean hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long bytes = 0;
        try {
            bytes = hotSpot == null
                    ? 0
                    : Long.parseLong(hotSpot.getVMOption("G1HeapRegionSize").getValue());
        } catch (IllegalArgumentException e) {
            // Another virtual machine.
        }
        return Math.clamp(bytes / Long.BYTES, REGION_LONGS_MIN, SLAB_LONGS_MAX);
    }

    int pageLongs() {
        return pageLongs;
    }

    /// The number of a page with any content; [#NONE] when there are `pagesMax`.
    int take() {
        if (freeCount == 0) {
            if (pages >= pagesMax) {
                return NONE;
            }
            cut(nextSlab());
        }
        int slab = withFree.nextSetBit(0);
        int page = free[slab][--freeCounts[slab]];
        freeCount--;
        if (freeCounts[slab] == 0) {
            withFree.clear(slab);
        }
        if (slab == empty) {
            empty = NONE;
        }
        int live = slabCount - gone.cardinality();
        if (live >= SLABS_AHEAD && freeCount < pagesOfSlab / 2 && ahead == null && pages < pagesMax) {
            ahead = CompletableFuture.supplyAsync(() -> new long[slabLongs]);
        }
        return page;
    }

    void give(int page) {
        int slab = page >>> slabBits;
        free[slab][freeCounts[slab]++] = page;
        freeCount++;
        withFree.set(slab);
        if (freeCounts[slab] == free[slab].length) {
            letGo(slab);
        }
    }

    /// Keeps the first of two slabs without pages in use.
    private void letGo(int slab) {
        if (empty == NONE) {
            empty = slab;
            return;
        }
        int last = Math.max(slab, empty);
        empty = Math.min(slab, empty);
        pages -= free[last].length;
        freeCount -= free[last].length;
        freeCounts[last] = 0;
        withFree.clear(last);
        slabs[last] = GONE;
        gone.set(last);
        while (slabCount > 0 && gone.get(slabCount - 1)) {
            gone.clear(--slabCount);
        }
    }

    /// Whether more than a quarter of the memory, and more than one slab, is free.
    boolean isSparse() {
        return freeCount > 2 * pagesOfSlab + pages / 4;
    }

    /// From now on pages in the last slabs are to leave, as far as the first ones have room for them.
    void chooseLeaving() {
        leavingFrom = Integer.MAX_VALUE;
        long room = -pagesOfSlab;
        for (int slab = 0; slab < slabCount; slab++) {
            if (room >= pagesInUse()) {
                leavingFrom = slab;
                return;
            }
            room += gone.get(slab) ? 0 : free[slab].length;
        }
    }

    boolean isToLeave(int page) {
        return page >>> slabBits >= leavingFrom;
    }

    /// The array that the page is part of.
    long[] memory(int page) {
        return slabs[page >>> slabBits];
    }

    /// Where in its array the page starts.
    int base(int page) {
        return ALIGNMENT_LONGS + (page & (1 << slabBits) - 1) * pageLongs;
    }

    /// Of all slabs.
    long bytes() {
        return (long) (slabCount - gone.cardinality()) * slabLongs * Long.BYTES;
    }

    /// Whether pages in use and what takes `otherBytes` are no more than `pagesMax` pages.
    boolean hasRoomBeside(long otherBytes) {
        return otherBytes / Long.BYTES <= (long) (pagesMax - pagesInUse()) * pageLongs;
    }

    int pagesInUse() {
        return pages - freeCount;
    }

    private long[] nextSlab() {
        CompletableFuture<long[]> made = ahead;
        ahead = null;
        return made != null ? made.join() : new long[slabLongs];
    }

    private void cut(long[] memory) {
        int slab = gone.isEmpty() ? slabCount++ : gone.nextSetBit(0);
        gone.clear(slab);
        if (slab == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * slab);
            free = Arrays.copyOf(free, 2 * slab);
            freeCounts = Arrays.copyOf(freeCounts, 2 * slab);
        }
        int count = Math.min(pagesOfSlab, pagesMax - pages);
        slabs[slab] = memory;
        free[slab] = new int[count];
        for (int i = 0; i < count; i++) {
            free[slab][i] = slab << slabBits | count - 1 - i;
        }
        freeCounts[slab] = count;
        withFree.set(slab);
        pages += count;
        freeCount += count;
    }
}
