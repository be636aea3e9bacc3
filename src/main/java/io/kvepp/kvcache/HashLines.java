package io.kvepp.kvcache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// External hash -> [Place], one cache line a question.
///
/// Keys are unique. They are not kept here: `names` compares a key with the one at a place.
///
/// Confined to the index's writer.
final class HashLines {
    /*
     * A line has eight longs: a header and up to seven entries. An entry is the upper 28 bits of the
     * mixed hash and the place. A header has a byte of the hash for each entry (bits 28 to 35), all
     * seven compared in one step; then the number of entries (3 bits) and how many entries that
     * belong here went to lines that follow (5 bits).
     *
     * Lines stand in pages found by the upper bits of the hash (extendible hashing [1]); the 8 bits
     * after the 20 a directory can have select the line. A page splits when 70 % full and joins its
     * twin when both fill less than 40 % of one, so growth and shrinkage cost one page at a time, and the
     * bits needed are in the entries.
     *
     * [1] Fagin et al., Extendible hashing, ACM TODS 4(3), 1979
     */
    static final int LINE_LONGS = 8;
    static final long NONE = Place.NONE;
    static final long FULL = -2;

    private static final int LINE_ENTRIES = 7;
    private static final int DEPTH_MAX = 20;
    private static final int OVERFLOW_MAX = 31;
    private static final int OVERFLOW_SHIFT = 59;
    private static final long ONE_OVERFLOW = 1L << OVERFLOW_SHIFT;
    private static final long ONE_ENTRY = 1L << 56;
    private static final long BYTES = 0x0101010101010101L;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;
    private static final long PLACE = (1L << Place.BITS) - 1;
    private static final int FINGERPRINT_SHIFT = Place.BITS - 8;

    /// Tells whether the block at a place has this key.
    interface Names {
        boolean matches(long place, long key, int slot);
    }

    private static final class Table {
        final PagePool.Page page;
        final long[] memory;
        final int base;
        int depth;
        int count;

        Table(PagePool.Page page, int depth, int lines) {
            this.page = page;
            this.depth = depth;
            memory = page.memory();
            base = page.base();
            Arrays.fill(memory, base, base + lines * LINE_LONGS, 0);
        }
    }

    private final PagePool pool;
    private final Names names;
    private final int lineMask;
    private final int splitAt;
    private final int joinAt;
    private final long[] moved;
    private final int[] tablesOfDepth = new int[DEPTH_MAX + 1];

    private Table[] directory;
    private int shift = Long.SIZE - 1;
    private long size;

    HashLines(PagePool pool, int lines, Names names) {
        this.pool = pool;
        this.names = names;
        lineMask = lines - 1;
        int entries = lines * LINE_ENTRIES;
        splitAt = entries * 7 / 10;
        joinAt = entries * 4 / 10;
        moved = new long[2 * entries];
        PagePool.@Nullable Page page = pool.take();
        if (page == null) {
            throw new IllegalArgumentException("pagesMax: too few for an empty index (expected: 2 or more)");
        }
        Table table = new Table(page, 0, lines);
        directory = new Table[] {table, table};
        tablesOfDepth[0] = 1;
    }

    long size() {
        return size;
    }

    /// Brings the line of a hash into the cache. The result means nothing, but must be used.
    long touch(long hash) {
        Table table = directory[(int) (hash >>> shift)];
        return table.memory[line(table, hash)];
    }

    /// The place of the key, or [#NONE].
    long find(long hash, long key, int slot) {
        Table table = directory[(int) (hash >>> shift)];
        long[] memory = table.memory;
        int line = line(table, hash);
        long header = memory[line];
        for (long hits = hits(header, hash); hits != 0; hits &= hits - 1) {
            long entry = memory[line + 1 + (Long.numberOfTrailingZeros(hits) >>> 3)];
            if ((entry ^ hash) >>> Place.BITS == 0 && names.matches(entry & PLACE, key, slot)) {
                return entry & PLACE;
            }
        }
        return header >>> OVERFLOW_SHIFT == 0 ? NONE : findBeyond(table, hash, key, slot);
    }

    /// [#NONE] when the key is new and now at `place`; else where it is; [#FULL] when there is no
    /// room for it.
    long putIfAbsent(long hash, long key, int slot, long place) {
        long known = find(hash, key, slot);
        if (known != NONE) {
            return known;
        }
        long entry = hash & ~PLACE | place;
        Table table = directory[(int) (hash >>> shift)];
        while (table.count >= splitAt && split(table, hash)) {
            table = directory[(int) (hash >>> shift)];
        }
        while (!insert(table, entry, fingerprint(hash))) {
            if (!split(table, hash)) {
                return FULL;
            }
            table = directory[(int) (hash >>> shift)];
        }
        size++;
        return NONE;
    }

    /// The entry must be there.
    void remove(long hash, long place) {
        long entry = hash & ~PLACE | place;
        Table table = directory[(int) (hash >>> shift)];
        int home = line(table, hash);
        int line = home;
        int index = indexIn(table.memory, line, entry);
        while (index < 0) {
            line = next(table, line);
            if (line == home) {
                throw new IllegalStateException("hash: not in the table (expected: in it)");
            }
            index = indexIn(table.memory, line, entry);
        }
        if (line != home) {
            table.memory[home] -= ONE_OVERFLOW;
        }
        removeAt(table.memory, line, index);
        table.count--;
        size--;
        if (table.count < joinAt / 2 && table.depth > 0) {
            join(table, hash);
        }
    }

    private int line(Table table, long hash) {
        return table.base + ((int) (hash >>> Place.BITS) & lineMask) * LINE_LONGS;
    }

    private int next(Table table, int line) {
        int next = line + LINE_LONGS;
        return next > table.base + lineMask * LINE_LONGS ? table.base : next;
    }

    private static long fingerprint(long hash) {
        return hash >>> FINGERPRINT_SHIFT & 0xFF;
    }

    private static int count(long header) {
        return (int) (header >>> 56) & 7;
    }

    /// The highest bit of each byte that is the fingerprint of `hash`.
    private static long hits(long header, long hash) {
        long different = header ^ fingerprint(hash) * BYTES;
        long equal = ~((different & LOW_BITS) + LOW_BITS | different | LOW_BITS);
        return equal & (1L << 8 * count(header)) - 1;
    }

    private long findBeyond(Table table, long hash, long key, int slot) {
        int home = line(table, hash);
        int left = (int) (table.memory[home] >>> OVERFLOW_SHIFT);
        for (int line = next(table, home); left > 0 && line != home; line = next(table, line)) {
            int count = count(table.memory[line]);
            for (int i = 1; i <= count; i++) {
                long entry = table.memory[line + i];
                if (line(table, entry) == home) {
                    left--;
                    if ((entry ^ hash) >>> Place.BITS == 0 && names.matches(entry & PLACE, key, slot)) {
                        return entry & PLACE;
                    }
                }
            }
        }
        return NONE;
    }

    private static int indexIn(long[] memory, int line, long entry) {
        for (int i = count(memory[line]); i > 0; i--) {
            if (memory[line + i] == entry) {
                return i;
            }
        }
        return -1;
    }

    /// The last entry of the line takes the place of the removed one.
    private static void removeAt(long[] memory, int line, int index) {
        long header = memory[line];
        int last = count(header);
        long lastFingerprint = header >>> 8 * (last - 1) & 0xFF;
        memory[line + index] = memory[line + last];
        int bits = 8 * (index - 1);
        memory[line] = (header & ~(0xFFL << bits) | lastFingerprint << bits) - ONE_ENTRY;
    }

    /// False when the entry's line is full, and so are those that may stand in for it.
    private boolean insert(Table table, long entry, long fingerprint) {
        long[] memory = table.memory;
        int home = line(table, entry);
        int line = home;
        if (count(memory[home]) == LINE_ENTRIES) {
            if (memory[home] >>> OVERFLOW_SHIFT == OVERFLOW_MAX) {
                return false;
            }
            do {
                line = next(table, line);
                if (line == home) {
                    return false;
                }
            } while (count(memory[line]) == LINE_ENTRIES);
            memory[home] += ONE_OVERFLOW;
        }
        long header = memory[line];
        int count = count(header);
        int bits = 8 * count;
        memory[line + 1 + count] = entry;
        memory[line] = (header & ~(0xFFL << bits) | fingerprint << bits) + ONE_ENTRY;
        table.count++;
        return true;
    }

    /// False when the table is as deep as it may be, or memory is used up. `hash` belongs to it.
    private boolean split(Table table, long hash) {
        if (table.depth == DEPTH_MAX) {
            return false;
        }
        PagePool.@Nullable Page page = pool.take();
        if (page == null) {
            return false;
        }
        if (Long.SIZE - shift == table.depth) {
            deepen();
        }
        tablesOfDepth[table.depth]--;
        table.depth++;
        tablesOfDepth[table.depth] += 2;
        Table upper = new Table(page, table.depth, lineMask + 1);
        int low = firstOfTwins(table, hash);
        Arrays.fill(directory, low + span(table), low + 2 * span(table), upper);
        restore(drain(table, 0));
        return true;
    }

    /// How many places of the directory lead to the table.
    private int span(Table table) {
        return 1 << Long.SIZE - shift - table.depth;
    }

    /// Where in the directory the table, or its twin if that comes first, begins.
    private int firstOfTwins(Table table, long hash) {
        return (int) (hash >>> shift) & -(2 * span(table));
    }

    private void deepen() {
        Table[] doubled = new Table[2 * directory.length];
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] = directory[i >>> 1];
        }
        directory = doubled;
        shift--;
    }

    /// Joins the table with its twin if there is one of the same depth and both fit into one.
    private void join(Table table, long hash) {
        int low = firstOfTwins(table, hash);
        Table lower = directory[low];
        Table upper = directory[low + span(table)];
        if (lower.depth != upper.depth || lower.count + upper.count > joinAt || !overflowsFit(lower, upper)) {
            return;
        }
        int count = drain(upper, drain(lower, 0));
        Arrays.fill(directory, low, low + 2 * span(table), lower);
        tablesOfDepth[lower.depth] -= 2;
        lower.depth--;
        tablesOfDepth[lower.depth]++;
        pool.give(upper.page);
        restore(count);
        while (directory.length > 2 && tablesOfDepth[Long.SIZE - shift] == 0) {
            flatten();
        }
    }

    private boolean overflowsFit(Table one, Table other) {
        for (int i = 0; i <= lineMask * LINE_LONGS; i += LINE_LONGS) {
            long both =
                    (one.memory[one.base + i] >>> OVERFLOW_SHIFT) + (other.memory[other.base + i] >>> OVERFLOW_SHIFT);
            if (both + LINE_ENTRIES > OVERFLOW_MAX) {
                return false;
            }
        }
        return true;
    }

    private void flatten() {
        Table[] halved = new Table[directory.length / 2];
        for (int i = 0; i < halved.length; i++) {
            halved[i] = directory[2 * i];
        }
        directory = halved;
        shift++;
    }

    /// Moves all entries and their fingerprints to `moved`, behind the first `count`.
    private int drain(Table table, int count) {
        int moving = count;
        for (int line = table.base; line <= table.base + lineMask * LINE_LONGS; line += LINE_LONGS) {
            long header = table.memory[line];
            for (int i = 0; i < count(header); i++) {
                moved[2 * moving] = table.memory[line + 1 + i];
                moved[2 * moving + 1] = header >>> 8 * i & 0xFF;
                moving++;
            }
            table.memory[line] = 0;
        }
        table.count = 0;
        return moving;
    }

    /// Puts the first `count` of `moved` where the directory says: first all that have room in their
    /// own line, so that no line has more overflow than before.
    private void restore(int count) {
        int left = 0;
        for (int i = 0; i < count; i++) {
            long entry = moved[2 * i];
            Table table = directory[(int) (entry >>> shift)];
            if (count(table.memory[line(table, entry)]) < LINE_ENTRIES) {
                insert(table, entry, moved[2 * i + 1]);
            } else {
                moved[2 * left] = entry;
                moved[2 * left + 1] = moved[2 * i + 1];
                left++;
            }
        }
        for (int i = 0; i < left; i++) {
            if (!insert(directory[(int) (moved[2 * i] >>> shift)], moved[2 * i], moved[2 * i + 1])) {
                throw new IllegalStateException("entries: more than before (expected: as many)");
            }
        }
    }
}
