package io.kvepp.kvcache;

import java.util.Arrays;

/// External hash -> [Place], one cache line a question.
///
/// A key is a number and whose it is, a slot or [#NOBODY]. Keys are unique, and not kept here: `names`
/// compares a key with the one at a place.
///
/// Confined to the index's writer.
final class HashLines {
    /*
     * Lines stand in tables of one page, found by the upper bits of the hash (extendible hashing [1]).
     * A table that is 70 % full becomes two; two that together fill 40 % of one become one. So growth
     * and shrinkage cost one page at a time, and look at no keys: the bits needed are in the entries.
     *
     * Tables are numbers of pages, not objects: what leads to a line is three small arrays, and the
     * loads of many lines fit into the processor's window at once.
     *
     * [1] Fagin et al., Extendible hashing, ACM TODS 4(3), 1979
     */
    static final long NONE = Place.NONE;
    static final long FULL = -2;
    static final int NOBODY = -1;

    /// Hashes whose lines are brought into the cache before the first is looked at: a branch that
    /// waits for one line would keep the others from coming.
    static final int AHEAD = 32;

    private static final int DEPTH_MAX = 20;

    /// Tells whether the block at a place has this key.
    interface Names {
        boolean matches(long place, long key, int slot);
    }

    private final PagePool pool;
    private final Lines lines;
    private final int splitAt;
    private final int joinAt;
    private final long[] moved;
    private final int[] tablesOfDepth = new int[DEPTH_MAX + 1];

    /// Tables, by the upper bits of the hash.
    private int[] directory;

    private int shift = Long.SIZE - 1;

    /// Entries, by table.
    private int[] counts = new int[64];

    /// Upper bits of the hash that all entries have in common, by table.
    private byte[] depths = new byte[64];

    private long size;

    private final int[] touchedLines = new int[AHEAD];
    private final int[] touchedTables = new int[AHEAD];

    @SuppressWarnings("UnusedVariable") // written so that the loads before it are not left out
    private long touched;

    HashLines(PagePool pool, int tableLines, Names names) {
        this.pool = pool;
        lines = new Lines(tableLines, names);
        int capacity = lines.capacity();
        splitAt = capacity * 7 / 10;
        joinAt = capacity * 4 / 10;
        moved = new long[2 * capacity];
        int table = newTable(0);
        if (table == PagePool.NONE) {
            throw new IllegalArgumentException("pagesMax: too few for an empty index (expected: more)");
        }
        directory = new int[] {table, table};
        tablesOfDepth[0] = 1;
    }

    long size() {
        return size;
    }

    private int tableOf(long hash) {
        return directory[(int) (hash >>> shift)];
    }

    /// Brings the lines of up to [#AHEAD] hashes into the cache.
    void touch(long[] hashes, int count) {
        for (int i = 0; i < count; i++) {
            int table = tableOf(hashes[i]);
            touchedTables[i] = table;
            touchedLines[i] = lines.line(pool.base(table), hashes[i]);
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += pool.memory(touchedTables[i])[touchedLines[i]];
        }
        touched += sum;
    }

    /// The place of the key, or [#NONE].
    long find(long hash, long key, int slot) {
        int table = tableOf(hash);
        return lines.find(pool.memory(table), pool.base(table), hash, key, slot);
    }

    /// A place where a key with the hash may be; or [#NONE].
    long likely(long hash) {
        int table = tableOf(hash);
        return lines.likely(pool.memory(table), pool.base(table), hash);
    }

    /// Puts nobody's key after key, that of `hashes[i]` at `place + i`, as long as they are new and there is
    /// room; how many. The lines were touched.
    int putAll(long[] hashes, long[] keys, int start, int count, long place) {
        for (int i = 0; i < count; i++) {
            if (!putIfAlone(hashes[i], place + i)
                    && putIfAbsent(hashes[i], keys[start + i], NOBODY, place + i) != NONE) {
                return i;
            }
        }
        return count;
    }

    /// [#NONE] when the key is new and now at `place`; else where it is; [#FULL] when there is no
    /// room for it.
    long putIfAbsent(long hash, long key, int slot, long place) {
        long known = find(hash, key, slot);
        return known != NONE ? known : put(hash, place) ? NONE : FULL;
    }

    /// Puts a key that is new. False when there is no room for it.
    boolean put(long hash, long place) {
        int table = tableOf(hash);
        while (counts[table] >= splitAt && split(table, hash)) {
            table = tableOf(hash);
        }
        while (!insert(table, hash, place)) {
            if (!split(table, hash)) {
                return false;
            }
            table = tableOf(hash);
        }
        size++;
        return true;
    }

    private boolean insert(int table, long hash, long place) {
        boolean inserted =
                lines.insert(pool.memory(table), pool.base(table), Lines.entry(hash, place), Lines.fingerprint(hash));
        counts[table] += inserted ? 1 : 0;
        return inserted;
    }

    /// Puts the key at `place` if there is room and no other is so much like it that only `names`
    /// could tell it from this one. The line was touched.
    boolean putIfAlone(long hash, long place) {
        int table = tableOf(hash);
        if (counts[table] >= splitAt) {
            return alike(hash) == 0 && put(hash, place);
        }
        if (!lines.putIfAlone(pool.memory(table), pool.base(table), hash, place)) {
            return false;
        }
        counts[table]++;
        size++;
        return true;
    }

    /// How many keys cannot be told from one with this hash without looking at `names`.
    int alike(long hash) {
        int table = tableOf(hash);
        return lines.alike(pool.memory(table), pool.base(table), hash);
    }

    /// False when no key with the hash is at `place`.
    boolean remove(long hash, long place) {
        int table = tableOf(hash);
        if (!lines.remove(pool.memory(table), pool.base(table), hash, place)) {
            return false;
        }
        counts[table]--;
        size--;
        if (counts[table] < joinAt / 2 && depths[table] > 0) {
            join(table, hash);
        }
        return true;
    }

    /// An empty table; [PagePool#NONE] when memory is used up.
    private int newTable(int depth) {
        int table = pool.take();
        if (table != PagePool.NONE) {
            if (table >= counts.length) {
                counts = Arrays.copyOf(counts, table + table / 2);
                depths = Arrays.copyOf(depths, counts.length);
            }
            clear(table, depth);
        }
        return table;
    }

    private void clear(int table, int depth) {
        lines.clear(pool.memory(table), pool.base(table));
        counts[table] = 0;
        depths[table] = (byte) depth;
    }

    private int copyTo(int table, int copied) {
        return lines.copyTo(pool.memory(table), pool.base(table), moved, copied);
    }

    /// False when the table is as deep as it may be, or memory is used up.
    private boolean split(int table, long hash) {
        int depth = depths[table];
        int upper = depth == DEPTH_MAX ? PagePool.NONE : newTable(depth + 1);
        if (upper == PagePool.NONE) {
            return false;
        }
        if (Long.SIZE - shift == depth) {
            deepen();
        }
        tablesOfDepth[depth]--;
        tablesOfDepth[depth + 1] += 2;
        int half = span(depth + 1);
        int first = firstOf(hash, 2 * half);
        Arrays.fill(directory, first + half, first + 2 * half, upper);
        depths[table] = (byte) (depth + 1);
        divide(table, upper, Long.SIZE - 1 - depth);
        return true;
    }

    /// @param bit of the hash that tells one from the other
    private void divide(int table, int upper, int bit) {
        long[] memory = pool.memory(table);
        int strays = lines.divide(memory, pool.base(table), pool.memory(upper), pool.base(upper), bit, moved);
        counts[upper] = lines.count(pool.memory(upper), pool.base(upper));
        counts[table] -= counts[upper] + strays;
        settle(strays);
    }

    /// Joins the table with its twin if there is one of the same depth and both fit into one.
    private void join(int table, long hash) {
        int depth = depths[table];
        int half = span(depth);
        int first = firstOf(hash, 2 * half);
        int lower = directory[first];
        int upper = directory[first + half];
        if (depths[lower] != depths[upper] || counts[lower] + counts[upper] > joinAt) {
            return;
        }
        int count = copyTo(upper, copyTo(lower, 0));
        Arrays.fill(directory, first + half, first + 2 * half, lower);
        tablesOfDepth[depth] -= 2;
        tablesOfDepth[depth - 1]++;
        clear(lower, depth - 1);
        settle(count);
        pool.give(upper);
        while (directory.length > 2 && tablesOfDepth[Long.SIZE - shift] == 0) {
            flatten();
        }
        if (depth > 1) {
            join(lower, hash);
        }
    }

    /// Places of the directory.
    int places() {
        return directory.length;
    }

    /// Moves the table at a place of the directory to another page, if its own is to leave; the place
    /// of the next table.
    int pack(int place) {
        int table = directory[place];
        int span = span(depths[table]);
        int first = place & -span;
        int page = pool.isToLeave(table) ? newTable(depths[table]) : PagePool.NONE;
        if (page != PagePool.NONE && pool.isToLeave(page)) {
            pool.give(page);
        } else if (page != PagePool.NONE) {
            System.arraycopy(
                    pool.memory(table), pool.base(table), pool.memory(page), pool.base(page), pool.pageLongs());
            counts[page] = counts[table];
            Arrays.fill(directory, first, first + span, page);
            pool.give(table);
        }
        return first + span;
    }

    /// How many places of the directory lead to a table of that depth.
    private int span(int depth) {
        return 1 << Long.SIZE - shift - depth;
    }

    private int firstOf(long hash, int span) {
        return (int) (hash >>> shift) & -span;
    }

    private void deepen() {
        int[] doubled = new int[2 * directory.length];
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] = directory[i >>> 1];
        }
        directory = doubled;
        shift--;
    }

    private void flatten() {
        int[] halved = new int[directory.length / 2];
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
            int table = tableOf(entry);
            if (lines.insertAtHome(pool.memory(table), pool.base(table), entry, moved[2 * i + 1])) {
                counts[table]++;
            } else {
                moved[2 * left] = entry;
                moved[2 * left + 1] = moved[2 * i + 1];
                left++;
            }
        }
        for (int i = 0; i < left; i++) {
            int table = tableOf(moved[2 * i]);
            if (!lines.insert(pool.memory(table), pool.base(table), moved[2 * i], moved[2 * i + 1])) {
                throw new IllegalStateException("entries: more than before (expected: as many)");
            }
            counts[table]++;
        }
    }
}
