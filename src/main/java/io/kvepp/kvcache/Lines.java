package io.kvepp.kvcache;

/// How entries stand in the cache lines of a table of a [HashLines]: `lines` lines from `base` on.
///
/// Immutable; the memory is the writer's.
final class Lines {
    /*
     * A line has eight longs: a header and up to seven entries. An entry is the upper 28 bits of the
     * mixed hash and the place. A header has a byte of the hash for each entry (bits 28 to 35), all
     * seven compared in one step; then the number of entries (3 bits), and where entries stand that
     * belong here and found no room (5 bits: one for each of the next four lines, one for all beyond).
     * So a key that is not there costs the headers of a few lines, and no entry. When there is room
     * again an entry comes home: else, after some turnover, a fifth of the lines of a table that is
     * little more than half full would send on who asks, and not a twentieth.
     *
     * The lowest of the 28 bits select the line; which table it is in is told by the others.
     */
    static final int LINE_LONGS = 8;
    static final int LINE_ENTRIES = 7;
    static final long PLACE = (1L << Place.BITS) - 1;

    private static final int COUNT_SHIFT = 56;
    private static final int OVERFLOW_SHIFT = 59;

    /// Of the bits that tell where further entries are, the number of the last one: for all lines from
    /// this one on.
    private static final int BEYOND = 5;

    private static final long ONE_ENTRY = 1L << COUNT_SHIFT;
    private static final long BYTES = 0x0101010101010101L;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;
    private static final int FINGERPRINT_SHIFT = Place.BITS - 8;

    private final int lineMask;
    private final HashLines.Names names;

    /// @param lines of a table, a power of two
    Lines(int lines, HashLines.Names names) {
        lineMask = lines - 1;
        this.names = names;
    }

    int capacity() {
        return (lineMask + 1) * LINE_ENTRIES;
    }

    static long entry(long hash, long place) {
        return hash & ~PLACE | place;
    }

    static long fingerprint(long hash) {
        return hash >>> FINGERPRINT_SHIFT & 0xFF;
    }

    /// Makes all lines empty. Entries need not be wiped: nobody looks behind the count.
    void clear(long[] memory, int base) {
        for (int line = base; line <= lastLine(base); line += LINE_LONGS) {
            memory[line] = 0;
        }
    }

    private int lastLine(int base) {
        return base + lineMask * LINE_LONGS;
    }

    /// Where in memory the line of a hash starts, in the table at `base`.
    int line(int base, long hash) {
        return line(base, hash, 0);
    }

    /// The line that is tried after `tries` others. The first further one is the other half of an
    /// aligned pair, which processors tend to load together.
    private int line(int base, long hash, int tries) {
        return base + (((int) (hash >>> Place.BITS) & lineMask) ^ tries) * LINE_LONGS;
    }

    private static int after(int base, int line, int tries) {
        return base + ((line - base) / LINE_LONGS ^ tries) * LINE_LONGS;
    }

    /// Entries of the table at `base`.
    int count(long[] memory, int base) {
        int count = 0;
        for (int line = base; line <= lastLine(base); line += LINE_LONGS) {
            count += count(memory[line]);
        }
        return count;
    }

    private static int count(long header) {
        return (int) (header >>> COUNT_SHIFT) & 7;
    }

    /// Whether any entry that belongs to the line may stand in the one after `tries` others, or in a
    /// later one.
    private static boolean mayGoOn(long header, int tries) {
        return header >>> OVERFLOW_SHIFT + Math.min(tries, BEYOND) - 1 != 0;
    }

    /// Whether any entry that belongs to the line may stand in the one after `tries` others.
    private static boolean mayBeIn(long header, int tries) {
        return (header & overflow(tries)) != 0;
    }

    private static long overflow(int tries) {
        return 1L << OVERFLOW_SHIFT + Math.min(tries, BEYOND) - 1;
    }

    private static long fingerprintAt(long header, int index) {
        return header >>> 8 * index & 0xFF;
    }

    /// The highest bit of each byte that is the fingerprint of `hash`.
    private static long hits(long header, long hash) {
        long different = header ^ fingerprint(hash) * BYTES;
        long equal = ~((different & LOW_BITS) + LOW_BITS | different | LOW_BITS);
        return equal & (1L << 8 * count(header)) - 1;
    }

    /// The place of the key, or [Place#NONE].
    long find(long[] memory, int base, long hash, long key, int slot) {
        int line = line(base, hash);
        long header = memory[line];
        long place = findIn(memory, line, hash, key, slot);
        return place != Place.NONE || !mayGoOn(header, 1) ? place : findBeyond(memory, base, hash, key, slot);
    }

    private long findIn(long[] memory, int line, long hash, long key, int slot) {
        for (long hits = hits(memory[line], hash); hits != 0; hits &= hits - 1) {
            long entry = memory[line + 1 + (Long.numberOfTrailingZeros(hits) >>> 3)];
            if ((entry ^ hash) >>> Place.BITS == 0 && names.matches(entry & PLACE, key, slot)) {
                return entry & PLACE;
            }
        }
        return Place.NONE;
    }

    /// The first place in its line that may be a key's with this hash, or [Place#NONE].
    long likely(long[] memory, int base, long hash) {
        int line = line(base, hash);
        for (long hits = hits(memory[line], hash); hits != 0; hits &= hits - 1) {
            long entry = memory[line + 1 + (Long.numberOfTrailingZeros(hits) >>> 3)];
            if ((entry ^ hash) >>> Place.BITS == 0) {
                return entry & PLACE;
            }
        }
        return Place.NONE;
    }

    private long findBeyond(long[] memory, int base, long hash, long key, int slot) {
        long home = memory[line(base, hash)];
        for (int tries = 1; tries <= lineMask && mayGoOn(home, tries); tries++) {
            if (mayBeIn(home, tries)) {
                long place = findIn(memory, line(base, hash, tries), hash, key, slot);
                if (place != Place.NONE) {
                    return place;
                }
            }
        }
        return Place.NONE;
    }

    /// How many entries have the same upper bits as the hash.
    int alike(long[] memory, int base, long hash) {
        long home = memory[line(base, hash)];
        int alike = alikeIn(memory, line(base, hash), hash);
        for (int tries = 1; tries <= lineMask && mayGoOn(home, tries); tries++) {
            alike += mayBeIn(home, tries) ? alikeIn(memory, line(base, hash, tries), hash) : 0;
        }
        return alike;
    }

    private static int alikeIn(long[] memory, int line, long hash) {
        int alike = 0;
        for (long hits = hits(memory[line], hash); hits != 0; hits &= hits - 1) {
            long entry = memory[line + 1 + (Long.numberOfTrailingZeros(hits) >>> 3)];
            alike += (entry ^ hash) >>> Place.BITS == 0 ? 1 : 0;
        }
        return alike;
    }

    /// Puts the entry if no other has the same upper bits, and there is room.
    boolean putIfAlone(long[] memory, int base, long hash, long place) {
        int line = line(base, hash);
        long header = memory[line];
        int entries = (int) (header >>> COUNT_SHIFT);
        // One comparison for both: there is room, and no bit above the number tells of further entries.
        if (entries < LINE_ENTRIES && hits(header, hash) == 0) {
            write(memory, line, entries, entry(hash, place), fingerprint(hash));
            return true;
        }
        return alike(memory, base, hash) == 0 && insert(memory, base, entry(hash, place), fingerprint(hash));
    }

    private static void write(long[] memory, int line, int entries, long entry, long fingerprint) {
        long header = memory[line];
        int bits = 8 * entries;
        memory[line + 1 + entries] = entry;
        memory[line] = (header & ~(0xFFL << bits) | fingerprint << bits) + ONE_ENTRY;
    }

    /// False when all lines are full.
    boolean insert(long[] memory, int base, long entry, long fingerprint) {
        int tries = 0;
        while (!append(memory, line(base, entry, tries), entry, fingerprint)) {
            tries++;
            if (tries > lineMask) {
                return false;
            }
        }
        if (tries > 0) {
            memory[line(base, entry)] |= overflow(tries);
        }
        return true;
    }

    /// Puts the entry into its own line; false when that is full.
    boolean insertAtHome(long[] memory, int base, long entry, long fingerprint) {
        return append(memory, line(base, entry), entry, fingerprint);
    }

    /// False when the line is full.
    private static boolean append(long[] memory, int line, long entry, long fingerprint) {
        int entries = count(memory[line]);
        if (entries == LINE_ENTRIES) {
            return false;
        }
        write(memory, line, entries, entry, fingerprint);
        return true;
    }

    /// False when it is not there.
    boolean remove(long[] memory, int base, long hash, long place) {
        int home = line(base, hash);
        return removeFrom(memory, base, home, hash, place)
                || mayGoOn(memory[home], 1) && removeBeyond(memory, base, hash, place);
    }

    private boolean removeBeyond(long[] memory, int base, long hash, long place) {
        int home = line(base, hash);
        for (int tries = 1; tries <= lineMask && mayGoOn(memory[home], tries); tries++) {
            if (mayBeIn(memory[home], tries) && removeFrom(memory, base, after(base, home, tries), hash, place)) {
                clearUnlessLeft(memory, base, home, tries);
                return true;
            }
        }
        return false;
    }

    /// False when it is not there.
    private boolean removeFrom(long[] memory, int base, int line, long hash, long place) {
        long entry = entry(hash, place);
        for (long hits = hits(memory[line], hash); hits != 0; hits &= hits - 1) {
            int index = Long.numberOfTrailingZeros(hits) >>> 3;
            if (memory[line + 1 + index] == entry) {
                takeOut(memory, line, index);
                if (mayGoOn(memory[line], 1)) {
                    comeHome(memory, base, line);
                }
                return true;
            }
        }
        return false;
    }

    /// The last entry of the line takes the place of the removed one.
    private static void takeOut(long[] memory, int line, int index) {
        long header = memory[line];
        int last = count(header) - 1;
        long lastFingerprint = fingerprintAt(header, last);
        memory[line + 1 + index] = memory[line + 1 + last];
        int bits = 8 * index;
        memory[line] = (header & ~(0xFFL << bits) | lastFingerprint << bits) - ONE_ENTRY;
    }

    /// An entry that found no room in its line `home` goes there, now that there is some.
    private void comeHome(long[] memory, int base, int home) {
        for (int tries = 1; tries <= lineMask && mayGoOn(memory[home], tries); tries++) {
            int line = after(base, home, tries);
            int index = mayBeIn(memory[home], tries) ? indexOfOneFrom(memory, base, line, home) : -1;
            if (index >= 0) {
                long entry = memory[line + 1 + index];
                long fingerprint = fingerprintAt(memory[line], index);
                takeOut(memory, line, index);
                write(memory, home, count(memory[home]), entry, fingerprint);
                clearUnlessLeft(memory, base, home, tries);
                return;
            }
        }
    }

    private void clearUnlessLeft(long[] memory, int base, int home, int tries) {
        int last = tries < BEYOND ? tries : lineMask;
        for (int each = Math.min(tries, BEYOND); each <= last; each++) {
            if (indexOfOneFrom(memory, base, after(base, home, each), home) >= 0) {
                return;
            }
        }
        memory[home] &= ~overflow(tries);
    }

    /// Where in the line an entry stands that belongs to line `home`; -1 for none.
    private int indexOfOneFrom(long[] memory, int base, int line, int home) {
        int entries = count(memory[line]);
        for (int i = 0; i < entries; i++) {
            if (line(base, memory[line + 1 + i]) == home) {
                return i;
            }
        }
        return -1;
    }

    /// Divides the table at `base` in two, line by line: what has the bit set goes to the table at
    /// `upperBase`, and what stood in another line than its own to `strays`, each with its
    /// fingerprint; how many of those.
    ///
    /// The bit is as good as random, and a branch would be guessed wrong every other time: so each entry
    /// is written to both lines, and counts in one.
    int divide(long[] memory, int base, long[] upperMemory, int upperBase, int bit, long[] strays) {
        int count = 0;
        for (int line = base; line <= lastLine(base); line += LINE_LONGS) {
            int upperLine = upperBase + line - base;
            long header = memory[line];
            long here = 0;
            long there = 0;
            for (int i = 0; i < count(header); i++) {
                long entry = memory[line + 1 + i];
                long fingerprint = fingerprintAt(header, i);
                if (line(base, entry) != line) {
                    strays[2 * count] = entry;
                    strays[2 * count + 1] = fingerprint;
                    count++;
                } else {
                    long isUpper = -(entry >>> bit & 1);
                    memory[line + 1 + count(here)] = entry;
                    upperMemory[upperLine + 1 + count(there)] = entry;
                    here += oneMore(here, fingerprint) & ~isUpper;
                    there += oneMore(there, fingerprint) & isUpper;
                }
            }
            memory[line] = here;
            upperMemory[upperLine] = there;
        }
        return count;
    }

    /// What is added to the header for one more entry.
    private static long oneMore(long header, long fingerprint) {
        return (fingerprint << 8 * count(header)) + ONE_ENTRY;
    }

    /// Copies all entries, each with its fingerprint, to `target` behind the first `copied` of them;
    /// how many are there then.
    int copyTo(long[] memory, int base, long[] target, int copied) {
        int end = copied;
        for (int line = base; line <= lastLine(base); line += LINE_LONGS) {
            long header = memory[line];
            for (int i = 0; i < count(header); i++) {
                target[2 * end] = memory[line + 1 + i];
                target[2 * end + 1] = fingerprintAt(header, i);
                end++;
            }
        }
        return end;
    }
}
