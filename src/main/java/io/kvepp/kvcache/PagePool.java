package io.kvepp.kvcache;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Hands out memory in pages of equal size, and takes them back for the next who asks.
///
/// Confined to the index's writer.
final class PagePool {
    /*
     * Pages are cut from long[] slabs that are never given up. A slab larger than half of a heap
     * region (32 MB at most) is never moved by G1 and has nothing in it to trace, so it costs the
     * collector as little as memory outside the heap; it needs no bounds of our own, and what a
     * reader still looks at cannot vanish under it.
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

    static final int NONE = -1;

    private final int pageLongs;
    private final int pagesMax;
    private final int slabLongs;
    private final int pagesOfSlab;

    /// Bits of a page's number that tell where in its slab it is.
    private final int slabBits;

    private long[][] slabs = new long[4][];
    private int slabCount;
    private int pages;
    private int[] free = new int[64];
    private int freeCount;
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
        int page = free[--freeCount];
        if (slabCount >= SLABS_AHEAD && freeCount < pagesOfSlab / 2 && ahead == null && pages < pagesMax) {
            ahead = CompletableFuture.supplyAsync(() -> new long[slabLongs]);
        }
        return page;
    }

    void give(int page) {
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = page;
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
        return (long) slabCount * slabLongs * Long.BYTES;
    }

    int pagesInUse() {
        return pages - freeCount;
    }

    private long[] nextSlab() {
        CompletableFuture<long[]> made = ahead;
        ahead = null;
        return made != null ? made.join() : new long[slabLongs];
    }

    private void cut(long[] slab) {
        if (slabCount == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * slabCount);
        }
        slabs[slabCount] = slab;
        int count = Math.min(pagesOfSlab, pagesMax - pages);
        pages += count;
        for (int i = count - 1; i >= 0; i--) {
            give(slabCount << slabBits | i);
        }
        slabCount++;
    }
}
