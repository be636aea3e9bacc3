package io.kvepp.kvcache;

import java.util.Arrays;

/// Some cache lines of a [HashLines], and which entries stand in them.
///
/// Confined to the index's writer.
final class LineTable {
    /*
     * A line has eight longs: a header and up to seven entries. An entry is the upper 28 bits of the
     * mixed hash and the place. A header has a byte of the hash for each entry (bits 28 to 35), all
     * seven compared in one step; then the number of entries (3 bits) and how many entries that
     * belong here went to lines that follow (5 bits; 31 stays and says that there may be any number).
     *
     * The lowest of the 28 bits select the line: a directory uses bits from 63 on downwards, which are
     * the same for all entries of a table.
     */
    static final int LINE_LONGS = 8;
    static final int LINE_ENTRIES = 7;
    static final long PLACE = (1L << Place.BITS) - 1;

    private static final int OVERFLOW_MANY = 31;
    private static final int OVERFLOW_SHIFT = 59;
    private static final long ONE_OVERFLOW = 1L << OVERFLOW_SHIFT;
    private static final long ONE_ENTRY = 1L << 56;
    private static final long BYTES = 0x0101010101010101L;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;
    private static final int FINGERPRINT_SHIFT = Place.BITS - 8;

    final PagePool.Page page;
    private final long[] memory;
    private final int base;
    private final int lastLine;
    private final int lineMask;

    /// Upper bits of the hash that all entries have in common.
    final int depth;

    private int count;

    /// @param lines a power of two
    LineTable(PagePool.Page page, int lines, int depth) {
        this.page = page;
        this.depth = depth;
        memory = page.memory();
        base = page.base();
        lineMask = lines - 1;
        lastLine = base + lineMask * LINE_LONGS;
        Arrays.fill(memory, base, base + lines * LINE_LONGS, 0);
    }

    static long entry(long hash, long place) {
        return hash & ~PLACE | place;
    }

    static long fingerprint(long hash) {
        return hash >>> FINGERPRINT_SHIFT & 0xFF;
    }

    int count() {
        return count;
    }

    long touch(long hash) {
        return memory[line(hash)];
    }

    private int line(long hash) {
        return base + ((int) (hash >>> Place.BITS) & lineMask) * LINE_LONGS;
    }

    private int next(int line) {
        return line == lastLine ? base : line + LINE_LONGS;
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

    /// The place of the key, or [Place#NONE].
    long find(long hash, long key, int slot, HashLines.Names names) {
        int line = line(hash);
        long header = memory[line];
        for (long hits = hits(header, hash); hits != 0; hits &= hits - 1) {
            long entry = memory[line + 1 + (Long.numberOfTrailingZeros(hits) >>> 3)];
            if ((entry ^ hash) >>> Place.BITS == 0 && names.matches(entry & PLACE, key, slot)) {
                return entry & PLACE;
            }
        }
        return header >>> OVERFLOW_SHIFT == 0 ? Place.NONE : findBeyond(line, hash, key, slot, names);
    }

    private long findBeyond(int home, long hash, long key, int slot, HashLines.Names names) {
        int overflow = overflow(memory[home]);
        int left = overflow == OVERFLOW_MANY ? Integer.MAX_VALUE : overflow;
        for (int line = next(home); left > 0 && line != home; line = next(line)) {
            int entries = count(memory[line]);
            for (int i = 1; i <= entries; i++) {
                long entry = memory[line + i];
                if (line(entry) == home) {
                    left--;
                    if ((entry ^ hash) >>> Place.BITS == 0 && names.matches(entry & PLACE, key, slot)) {
                        return entry & PLACE;
                    }
                }
            }
        }
        return Place.NONE;
    }

    private static int overflow(long header) {
        return (int) (header >>> OVERFLOW_SHIFT);
    }

    /// False when all lines are full.
    boolean insert(long entry, long fingerprint) {
        int home = line(entry);
        if (append(home, entry, fingerprint)) {
            return true;
        }
        int line = next(home);
        while (line != home && !append(line, entry, fingerprint)) {
            line = next(line);
        }
        if (line == home) {
            return false;
        }
        if (overflow(memory[home]) != OVERFLOW_MANY) {
            memory[home] += ONE_OVERFLOW;
        }
        return true;
    }

    /// False when the line is full.
    private boolean append(int line, long entry, long fingerprint) {
        long header = memory[line];
        int entries = count(header);
        if (entries == LINE_ENTRIES) {
            return false;
        }
        int bits = 8 * entries;
        memory[line + 1 + entries] = entry;
        memory[line] = (header & ~(0xFFL << bits) | fingerprint << bits) + ONE_ENTRY;
        count++;
        return true;
    }

    /// Puts the entry into its own line; false when that is full.
    boolean insertAtHome(long entry, long fingerprint) {
        return append(line(entry), entry, fingerprint);
    }

    /// The entry must be there.
    void remove(long entry) {
        int home = line(entry);
        int line = home;
        while (!removeFrom(line, entry)) {
            line = next(line);
            if (line == home) {
                throw new IllegalStateException("hash: not in the table (expected: in it)");
            }
        }
        if (line != home && overflow(memory[home]) != OVERFLOW_MANY) {
            memory[home] -= ONE_OVERFLOW;
        }
        count--;
    }

    /// The last entry of the line takes the place of the removed one. False when it is not there.
    private boolean removeFrom(int line, long entry) {
        long header = memory[line];
        int last = count(header);
        for (int index = last; index > 0; index--) {
            if (memory[line + index] == entry) {
                long lastFingerprint = header >>> 8 * (last - 1) & 0xFF;
                memory[line + index] = memory[line + last];
                int bits = 8 * (index - 1);
                memory[line] = (header & ~(0xFFL << bits) | lastFingerprint << bits) - ONE_ENTRY;
                return true;
            }
        }
        return false;
    }

    /// Copies all entries, each with its fingerprint, to `target` behind the first `copied` of them;
    /// how many are there then.
    int copyTo(long[] target, int copied) {
        int end = copied;
        for (int line = base; line <= lastLine; line += LINE_LONGS) {
            long header = memory[line];
            for (int i = 0; i < count(header); i++) {
                target[2 * end] = memory[line + 1 + i];
                target[2 * end + 1] = header >>> 8 * i & 0xFF;
                end++;
            }
        }
        return end;
    }
}
