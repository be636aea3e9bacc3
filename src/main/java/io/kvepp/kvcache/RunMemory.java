package io.kvepp.kvcache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
     */
    /// A page of equal arrays.
    static final class Slab {
        final long[] memory;
        final int size;
        private final int page;
        private final int start;
        private final int count;
        private final long[] taken;
        private int used;
        private boolean listed = true;

        private Slab(PagePool pool, int page, int size) {
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
            return start + item * size;
        }

        private void put(int base) {
            int item = (base - start) / size;
            taken[item >>> 6] &= ~(1L << item);
            used--;
        }
    }

    private record Freed(Slab slab, int base) {}

    private final PagePool pool;
    private final List<ArrayDeque<Slab>> withRoom = new ArrayList<>();
    private final ArrayDeque<Freed> freed = new ArrayDeque<>();

    RunMemory(PagePool pool) {
        this.pool = pool;
        for (int i = 0; i <= sizeClass(pool.pageLongs()); i++) {
            withRoom.add(new ArrayDeque<>());
        }
    }

    /// Longs an array gets that needs `longs`.
    static int sizeFor(int longs) {
        return sizeOf(sizeClass(longs));
    }

    /// A slab whose next array has at least `longs`; null when memory is used up.
    @Nullable
    Slab slabFor(int longs) {
        int sizeClass = sizeClass(longs);
        ArrayDeque<Slab> slabs = withRoom.get(sizeClass);
        for (Slab slab = slabs.peek(); slab != null; slab = slabs.peek()) {
            if (slab.used < slab.count) {
                return slab;
            }
            slab.listed = false;
            slabs.pop();
        }
        int page = pool.take();
        if (page == PagePool.NONE) {
            return null;
        }
        Slab slab = new Slab(pool, page, sizeOf(sizeClass));
        slabs.push(slab);
        return slab;
    }

    void free(Slab slab, int base) {
        freed.add(new Freed(slab, base));
    }

    int freed() {
        return freed.size();
    }

    /// Lets what was freed be used again.
    void recycle() {
        for (Freed next = freed.poll(); next != null; next = freed.poll()) {
            freeNow(next.slab, next.base);
        }
    }

    /// Frees what readers do not look at.
    void freeNow(Slab slab, int base) {
        slab.put(base);
        ArrayDeque<Slab> slabs = withRoom.get(sizeClass(slab.size));
        if (slab.used == 0) {
            if (slab.listed) {
                slabs.remove(slab);
            }
            pool.give(slab.page);
        } else if (!slab.listed) {
            slab.listed = true;
            slabs.push(slab);
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
