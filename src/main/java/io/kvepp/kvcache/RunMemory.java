package io.kvepp.kvcache;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Memory for arrays of 1 long to a page of them.
///
/// What is freed keeps its content until [#recycle]: readers may still look at it.
///
/// Confined to the index's writer.
final class RunMemory {
    /*
     * Size classes, four to a doubling, so at most a fifth of an array is unused. A slab is one page
     * cut into arrays of one class; its free ones are bits outside the page, since a freed array
     * must not be written to. A page without arrays goes back to the pool.
     *
     * What was freed waits in a queue of batches, each of which is small: nothing there is ever
     * copied. A turn (Phase) makes all that waits free to be used again, and who applies events
     * takes a few of it back with each.
     */
    /// A page of equal arrays.
    final class Slab {
        final long[] memory;
        final int size;
        private final int page;
        private final int start;
        private final int count;
        private final long[] taken;
        private int used;

        /// In the list of those of its size that have room.
        private boolean listed;

        private @Nullable Slab before;
        private @Nullable Slab after;

        private Slab(int page, int size) {
            this.page = page;
            this.size = size;
            memory = pool.memory(page);
            start = pool.base(page);
            count = pool.pageLongs() / size;
            taken = new long[(count + 63) >>> 6];
        }

        /// Where in `memory` the array starts that is the caller's now.
        int take() {
            int word = 0;
            while (taken[word] == -1) {
                word++;
            }
            int item = (word << 6) + Long.numberOfTrailingZeros(~taken[word]);
            taken[word] |= 1L << item;
            used++;
            usedLongs += size;
            return start + item * size;
        }

        private void put(int base) {
            int item = (base - start) / size;
            taken[item >>> 6] &= ~(1L << item);
            used--;
            usedLongs -= size;
        }
    }

    /// Freed arrays, in order.
    private static final class Batch {
        private static final int SIZE = 1024;

        private final @Nullable Slab[] slabs = new @Nullable Slab[SIZE];
        private final int[] bases = new int[SIZE];
        private int start;
        private int end;
    }

    /// Arrays that are taken back at once when memory is used up otherwise.
    private static final int RECYCLED_WHEN_FULL = 1024;

    private final PagePool pool;
    private final @Nullable Slab[] withRoom;

    /// By size: the slab that takes what is moved.
    private final @Nullable Slab[] packing;

    private final int[] pagesOfClass;
    private int pages;
    private int sizesInUse;
    private long usedLongs;
    private final ArrayDeque<Batch> freed = new ArrayDeque<>();
    private int freedInTurn;
    private int recyclable;

    RunMemory(PagePool pool) {
        this.pool = pool;
        withRoom = new @Nullable Slab[sizeClass(pool.pageLongs()) + 1];
        packing = new @Nullable Slab[withRoom.length];
        pagesOfClass = new int[withRoom.length];
    }

    /// Longs an array gets that needs `longs`.
    static int sizeFor(int longs) {
        return sizeOf(sizeClass(longs));
    }

    /// Whether what is beside the pages leaves room for more.
    boolean hasRoomBeside(long otherBytes) {
        return pool.hasRoomBeside(otherBytes);
    }

    /// A slab whose next array has at least `longs`; null when memory is used up.
    @Nullable
    Slab slabFor(int longs) {
        int sizeClass = sizeClass(longs);
        Slab found = listed(sizeClass);
        if (found != null) {
            return found;
        }
        int page = pool.take();
        if (page == PagePool.NONE && recyclable > 0) {
            recycle(RECYCLED_WHEN_FULL);
            found = listed(sizeClass);
            page = found == null ? pool.take() : PagePool.NONE;
        }
        if (page == PagePool.NONE) {
            return found;
        }
        Slab slab = newSlab(page, sizeClass);
        list(slab, sizeClass);
        return slab;
    }

    private Slab newSlab(int page, int sizeClass) {
        pages++;
        if (pagesOfClass[sizeClass]++ == 0) {
            sizesInUse++;
        }
        return new Slab(page, sizeOf(sizeClass));
    }

    /// Whether arrays take less than half of their pages, a page of each size aside.
    boolean isSparse() {
        return (long) (pages - sizesInUse) * pool.pageLongs() > 2 * usedLongs;
    }

    /// Whether memory can be saved if the slab's arrays go to [#slabToPack].
    boolean isToLeave(Slab slab) {
        int sizeClass = sizeClass(slab.size);
        return slab != packing[sizeClass]
                && (pool.isToLeave(slab.page) || 2 * slab.used < slab.count && pagesOfClass[sizeClass] > 1);
    }

    /// The same as [#slabFor], but not one that is to leave; null too when there is none.
    @Nullable
    Slab slabToPack(int longs) {
        int sizeClass = sizeClass(longs);
        Slab slab = packing[sizeClass];
        if (slab != null && slab.used < slab.count && !pool.isToLeave(slab.page)) {
            return slab;
        }
        int page = pool.take();
        if (page == PagePool.NONE) {
            return null;
        }
        slab = newSlab(page, sizeClass);
        list(slab, sizeClass);
        packing[sizeClass] = slab;
        return slab;
    }

    private @Nullable Slab listed(int sizeClass) {
        Slab slab = withRoom[sizeClass];
        while (slab != null && slab.used == slab.count) {
            unlist(slab, sizeClass);
            slab = withRoom[sizeClass];
        }
        return slab;
    }

    private void list(Slab slab, int sizeClass) {
        Slab first = withRoom[sizeClass];
        slab.listed = true;
        slab.after = first;
        if (first != null) {
            first.before = slab;
        }
        withRoom[sizeClass] = slab;
    }

    private void unlist(Slab slab, int sizeClass) {
        slab.listed = false;
        if (slab.before == null) {
            withRoom[sizeClass] = slab.after;
        } else {
            slab.before.after = slab.after;
        }
        if (slab.after != null) {
            slab.after.before = slab.before;
        }
        slab.before = null;
        slab.after = null;
    }

    void free(Slab slab, int base) {
        Batch last = freed.peekLast();
        if (last == null || last.end == Batch.SIZE) {
            last = new Batch();
            freed.addLast(last);
        }
        last.slabs[last.end] = slab;
        last.bases[last.end++] = base;
        freedInTurn++;
    }

    /// Arrays freed since the last turn began.
    int freedInTurn() {
        return freedInTurn;
    }

    /// Nobody looks any more at what was freed before.
    void beginTurn() {
        recyclable += freedInTurn;
        freedInTurn = 0;
    }

    /// Lets some of what was freed before the turn began be used again.
    void recycle(int most) {
        int left = Math.min(most, recyclable);
        recyclable -= left;
        for (; left > 0; left--) {
            Batch first = freed.getFirst();
            Slab slab = first.slabs[first.start];
            if (slab != null) {
                freeNow(slab, first.bases[first.start]);
            }
            first.slabs[first.start++] = null;
            if (first.start == Batch.SIZE) {
                freed.removeFirst();
            }
        }
    }

    /// Frees what readers do not look at.
    private void freeNow(Slab slab, int base) {
        slab.put(base);
        int sizeClass = sizeClass(slab.size);
        if (slab.used == 0) {
            if (slab.listed) {
                unlist(slab, sizeClass);
            }
            if (packing[sizeClass] == slab) {
                packing[sizeClass] = null;
            }
            pages--;
            if (--pagesOfClass[sizeClass] == 0) {
                sizesInUse--;
            }
            pool.give(slab.page);
        } else if (!slab.listed) {
            list(slab, sizeClass);
        }
    }

    /// 1 to 8 are classes of their own; beyond, each power of two has four.
    private static int sizeClass(int longs) {
        if (longs <= 8) {
            return longs - 1;
        }
        int doubling = 31 - Integer.numberOfLeadingZeros(longs - 1); // 3 for 9 to 16
        int quarter = (longs - 1 >>> doubling - 2) & 3;
        return 8 + (doubling - 3) * 4 + quarter;
    }

    private static int sizeOf(int sizeClass) {
        if (sizeClass < 8) {
            return sizeClass + 1;
        }
        int doubling = 3 + (sizeClass - 8) / 4;
        return (5 + (sizeClass & 3)) << (doubling - 2);
    }
}
