package io.kvepp.kvcache;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
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
     * A slab is a sixteenth of all before it, so that at most that much is taken before it is needed.
     * A large one is made, and so touched page by page by the JVM, on another thread while the one
     * before it is handed out.
     */

    /// Where the elements of an array start on a cache line, if the array starts on one: its header
    /// has 16 bytes.
    private static final int ALIGNMENT_LONGS = 6;

    private static final int HEADER_LONGS = 2;

    private static final int REGION_LONGS_MIN = 1 << 17;
    private static final int SLAB_LONGS_MAX = 1 << 22;
    private static final int SLAB_LONGS_AHEAD = 1 << 18;

    /// The longs of `memory` from `base` on.
    record Page(long[] memory, int base) {}

    private final int pageLongs;
    private final int pagesMax;
    private final int slabLongsMin;
    private final ArrayDeque<Page> free = new ArrayDeque<>();
    private @Nullable CompletableFuture<long[]> ahead;
    private int pages;
    private long longs;

    /// @param slabLongsMin a power of two
    PagePool(int pageLongs, int pagesMax, int slabLongsMin) {
        this.pageLongs = pageLongs;
        this.pagesMax = pagesMax;
        this.slabLongsMin = slabLongsMin;
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

    /// A page with any content; null when there are `pagesMax`.
    @Nullable
    Page take() {
        Page page = free.poll();
        if (page == null) {
            if (pages >= pagesMax) {
                return null;
            }
            cut(nextSlab());
            page = free.poll();
        }
        int length = slabLength();
        if (ahead == null
                && length >= SLAB_LONGS_AHEAD
                && (long) free.size() * pageLongs < length / 2
                && pages < pagesMax) {
            ahead = CompletableFuture.supplyAsync(() -> new long[length]);
        }
        return page;
    }

    void give(Page page) {
        free.push(page);
    }

    /// Of all slabs.
    long bytes() {
        return longs * Long.BYTES;
    }

    int pagesInUse() {
        return pages - free.size();
    }

    private long[] nextSlab() {
        CompletableFuture<long[]> made = ahead;
        ahead = null;
        return made != null ? made.join() : new long[slabLength()];
    }

    private int slabLength() {
        long size = Math.clamp(Long.highestOneBit(longs / 16), slabLongsMin, SLAB_LONGS_MAX);
        // With its header the array is a power of two and fills heap regions.
        return (int) size - HEADER_LONGS;
    }

    private void cut(long[] slab) {
        int count = Math.min((slab.length - ALIGNMENT_LONGS) / pageLongs, pagesMax - pages);
        for (int i = count - 1; i >= 0; i--) {
            free.push(new Page(slab, ALIGNMENT_LONGS + i * pageLongs));
        }
        pages += count;
        longs += slab.length;
    }
}
