package io.kvepp.kvcache;

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
     * A slab is an eighth of all before it, so that at most that much is taken before it is needed.
     * Large ones are made, and so touched page by page by the JVM, on another thread while the
     * last eighth of the pages is handed out.
     */

    /// 16 KB.
    static final int PAGE_LONGS = 2048;

    /// Where the elements of an array start on a cache line, if the array starts on one: its header
    /// has 16 bytes.
    private static final int ALIGNMENT_LONGS = 6;

    private static final int SLAB_PAGES_MIN = 16;
    private static final int SLAB_PAGES_MAX = 2048;
    private static final int SLAB_PAGES_AHEAD = 64;

    /// `PAGE_LONGS` longs of `memory` from `base` on.
    record Page(long[] memory, int base) {}

    private final int pagesMax;
    private final ArrayDeque<Page> free = new ArrayDeque<>();
    private @Nullable CompletableFuture<long[]> ahead;
    private int pages;
    private long longs;

    PagePool(int pagesMax) {
        this.pagesMax = pagesMax;
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
        if (ahead == null && slabPages() >= SLAB_PAGES_AHEAD && free.size() < slabPages() / 2 && pages < pagesMax) {
            int length = slabPages() * PAGE_LONGS - 2;
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
        // Two longs less: with its header the array is a power of two and fills heap regions.
        return made != null ? made.join() : new long[slabPages() * PAGE_LONGS - 2];
    }

    private int slabPages() {
        return Math.clamp(Integer.highestOneBit(Math.max(1, pages / 8)), SLAB_PAGES_MIN, SLAB_PAGES_MAX);
    }

    private void cut(long[] slab) {
        int count = Math.min((slab.length - ALIGNMENT_LONGS) / PAGE_LONGS, pagesMax - pages);
        for (int i = count - 1; i >= 0; i--) {
            free.push(new Page(slab, ALIGNMENT_LONGS + i * PAGE_LONGS));
        }
        pages += count;
        longs += slab.length;
    }
}
