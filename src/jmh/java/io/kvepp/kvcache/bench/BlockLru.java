package io.kvepp.kvcache.bench;

import java.util.Arrays;

/// One worker's cache: blocks in the order of their last use, each with the row of the workload
/// that names it in events. It grows as needed; its user evicts.
///
/// *Confined* to the generator's thread.
final class BlockLru {
    /// No block, or no row.
    static final int NONE = -1;

    private static final int CAPACITY_FIRST = 64;

    // Entries: linked from the oldest to the newest; free ones are linked by `newer`.
    private int[] blocks = new int[CAPACITY_FIRST];
    private int[] rows = new int[CAPACITY_FIRST];
    private int[] older = new int[CAPACITY_FIRST];
    private int[] newer = new int[CAPACITY_FIRST];
    // Open addressing, linear: entry + 1, or 0. At most half full.
    private int[] table = new int[2 * CAPACITY_FIRST];
    private int oldest = NONE;
    private int newest = NONE;
    private int free = NONE;
    private int used;
    private int size;

    int size() {
        return size;
    }

    /// The row of a block, or [#NONE] when it is not here.
    int rowOf(int block) {
        int entry = table[placeOf(block)] - 1;
        return entry == NONE ? NONE : rows[entry];
    }

    /// Adds a block that is not here, as the newest.
    void add(int block, int row) {
        int entry = free;
        if (entry == NONE) {
            if (used == blocks.length) {
                grow();
            }
            entry = used++;
        } else {
            free = newer[entry];
        }
        blocks[entry] = block;
        rows[entry] = row;
        table[placeOf(block)] = entry + 1;
        size++;
        append(entry);
    }

    /// Makes a block that is here the newest.
    void touch(int block) {
        int entry = table[placeOf(block)] - 1;
        unlink(entry);
        append(entry);
    }

    int oldestBlock() {
        return oldest == NONE ? NONE : blocks[oldest];
    }

    /// Takes a block that is here out.
    void remove(int block) {
        int place = placeOf(block);
        int entry = table[place] - 1;
        unlink(entry);
        newer[entry] = free;
        free = entry;
        size--;
        closeGap(place);
    }

    private void append(int entry) {
        older[entry] = newest;
        newer[entry] = NONE;
        if (newest == NONE) {
            oldest = entry;
        } else {
            newer[newest] = entry;
        }
        newest = entry;
    }

    private void unlink(int entry) {
        if (older[entry] == NONE) {
            oldest = newer[entry];
        } else {
            newer[older[entry]] = newer[entry];
        }
        if (newer[entry] == NONE) {
            newest = older[entry];
        } else {
            older[newer[entry]] = older[entry];
        }
    }

    private int home(int block) {
        return (block * 0x9E3779B9) >>> (Integer.numberOfLeadingZeros(table.length) + 1);
    }

    /// Where the block is in the table, or the empty place where it would be.
    private int placeOf(int block) {
        int place = home(block);
        while (table[place] != 0 && blocks[table[place] - 1] != block) {
            place = (place + 1) & (table.length - 1);
        }
        return place;
    }

    /// Moves back what would no longer be found behind an emptied place.
    private void closeGap(int emptied) {
        int gap = emptied;
        int place = gap;
        while (true) {
            table[gap] = 0;
            do {
                place = (place + 1) & (table.length - 1);
                if (table[place] == 0) {
                    return;
                }
            } while (distance(home(blocks[table[place] - 1]), place) < distance(gap, place));
            table[gap] = table[place];
            gap = place;
        }
    }

    private int distance(int from, int to) {
        return (to - from) & (table.length - 1);
    }

    private void grow() {
        int capacity = blocks.length * 2;
        blocks = Arrays.copyOf(blocks, capacity);
        rows = Arrays.copyOf(rows, capacity);
        older = Arrays.copyOf(older, capacity);
        newer = Arrays.copyOf(newer, capacity);
        table = new int[2 * capacity];
        for (int entry = 0; entry < used; entry++) {
            table[placeOf(blocks[entry])] = entry + 1;
        }
    }
}
