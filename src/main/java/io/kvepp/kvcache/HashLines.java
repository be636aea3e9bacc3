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
     * Lines stand in tables of one page, found by the upper bits of the hash (extendible hashing [1]).
     * A table that is 70 % full becomes two; two that together fill 40 % of one become one. So growth
     * and shrinkage cost one page at a time, and look at no keys: the bits needed are in the entries.
     *
     * [1] Fagin et al., Extendible hashing, ACM TODS 4(3), 1979
     */
    static final long NONE = Place.NONE;
    static final long FULL = -2;

    private static final int DEPTH_MAX = 20;

    /// Tells whether the block at a place has this key.
    interface Names {
        boolean matches(long place, long key, int slot);
    }

    private final PagePool pool;
    private final Names names;
    private final int tableLines;
    private final int splitAt;
    private final int joinAt;
    private final long[] moved;
    private final int[] tablesOfDepth = new int[DEPTH_MAX + 1];

    private LineTable[] directory;
    private int shift = Long.SIZE - 1;
    private long size;

    HashLines(PagePool pool, int tableLines, Names names) {
        this.pool = pool;
        this.names = names;
        this.tableLines = tableLines;
        int capacity = tableLines * LineTable.LINE_ENTRIES;
        splitAt = capacity * 7 / 10;
        joinAt = capacity * 4 / 10;
        moved = new long[2 * capacity];
        LineTable table = newTable(0);
        if (table == null) {
            throw new IllegalArgumentException("pagesMax: too few for an empty index (expected: more)");
        }
        directory = new LineTable[] {table, table};
        tablesOfDepth[0] = 1;
    }

    long size() {
        return size;
    }

    /// Brings the line of a hash into the cache. The result means nothing, but must be used.
    long touch(long hash) {
        return directory[(int) (hash >>> shift)].touch(hash);
    }

    /// The place of the key, or [#NONE].
    long find(long hash, long key, int slot) {
        return directory[(int) (hash >>> shift)].find(hash, key, slot, names);
    }

    /// [#NONE] when the key is new and now at `place`; else where it is; [#FULL] when there is no
    /// room for it.
    long putIfAbsent(long hash, long key, int slot, long place) {
        LineTable table = directory[(int) (hash >>> shift)];
        long known = table.find(hash, key, slot, names);
        if (known != NONE) {
            return known;
        }
        while (table.count() >= splitAt && split(table, hash)) {
            table = directory[(int) (hash >>> shift)];
        }
        while (!table.insert(LineTable.entry(hash, place), LineTable.fingerprint(hash))) {
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
        LineTable table = directory[(int) (hash >>> shift)];
        table.remove(LineTable.entry(hash, place));
        size--;
        if (table.count() < joinAt / 2 && table.depth > 0) {
            join(table, hash);
        }
    }

    /// Null when memory is used up.
    private @Nullable LineTable newTable(int depth) {
        PagePool.@Nullable Page page = pool.take();
        return page == null ? null : new LineTable(page, tableLines, depth);
    }

    /// False when the table is as deep as it may be, or memory is used up.
    private boolean split(LineTable table, long hash) {
        if (table.depth == DEPTH_MAX) {
            return false;
        }
        LineTable lower = newTable(table.depth + 1);
        LineTable upper = newTable(table.depth + 1);
        if (lower == null || upper == null) {
            free(lower);
            return false;
        }
        if (Long.SIZE - shift == table.depth) {
            deepen();
        }
        tablesOfDepth[table.depth]--;
        tablesOfDepth[lower.depth] += 2;
        int half = span(lower.depth);
        int first = firstOf(hash, 2 * half);
        Arrays.fill(directory, first, first + half, lower);
        Arrays.fill(directory, first + half, first + 2 * half, upper);
        settle(table.copyTo(moved, 0));
        free(table);
        return true;
    }

    private void free(@Nullable LineTable table) {
        if (table != null) {
            pool.give(table.page);
        }
    }

    /// Joins the table with its twin if there is one of the same depth and both fit into one.
    private void join(LineTable table, long hash) {
        int half = span(table.depth);
        int first = firstOf(hash, 2 * half);
        LineTable lower = directory[first];
        LineTable upper = directory[first + half];
        boolean fits = lower.depth == upper.depth && lower.count() + upper.count() <= joinAt;
        LineTable joined = fits ? newTable(table.depth - 1) : null;
        if (joined == null) {
            return;
        }
        Arrays.fill(directory, first, first + 2 * half, joined);
        tablesOfDepth[table.depth] -= 2;
        tablesOfDepth[joined.depth]++;
        settle(upper.copyTo(moved, lower.copyTo(moved, 0)));
        free(lower);
        free(upper);
        while (directory.length > 2 && tablesOfDepth[Long.SIZE - shift] == 0) {
            flatten();
        }
        if (joined.depth > 0) {
            join(joined, hash);
        }
    }

    /// How many places of the directory lead to a table of that depth.
    private int span(int depth) {
        return 1 << Long.SIZE - shift - depth;
    }

    private int firstOf(long hash, int span) {
        return (int) (hash >>> shift) & -span;
    }

    private void deepen() {
        LineTable[] doubled = new LineTable[2 * directory.length];
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] = directory[i >>> 1];
        }
        directory = doubled;
        shift--;
    }

    private void flatten() {
        LineTable[] halved = new LineTable[directory.length / 2];
        for (int i = 0; i < halved.length; i++) {
            halved[i] = directory[2 * i];
        }
        directory = halved;
        shift++;
    }

    /// Puts the first `count` of `moved` where the directory says: first all that have room in their
    /// own line, so that no line has more overflow than it must.
    private void settle(int count) {
        int left = 0;
        for (int i = 0; i < count; i++) {
            long entry = moved[2 * i];
            LineTable table = directory[(int) (entry >>> shift)];
            if (!table.insertAtHome(entry, moved[2 * i + 1])) {
                moved[2 * left] = entry;
                moved[2 * left + 1] = moved[2 * i + 1];
                left++;
            }
        }
        for (int i = 0; i < left; i++) {
            if (!directory[(int) (moved[2 * i] >>> shift)].insert(moved[2 * i], moved[2 * i + 1])) {
                throw new IllegalStateException("entries: more than before (expected: as many)");
            }
        }
    }
}
