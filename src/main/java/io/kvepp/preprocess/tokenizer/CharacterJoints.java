package io.kvepp.preprocess.tokenizer;

/// Between which characters of a piece a merge may join what stands on both sides.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class CharacterJoints {
    /*
     * The first merge across the place between two characters joins a run of bytes that ends there and one that begins
     * there. The left one ends with the whole character before, or is nothing but its last bytes; the right one begins
     * with the whole character behind, or is nothing but its first bytes. Each merge adds its joint, two such ends, as
     * a bit at its hash: a collision only costs a cut.
     *
     * Nearly all joints are of whole characters. So that the others need not be looked for at every place, a character
     * has flags which say what kinds of them it may have part in.
     *
     * Why: writing without spaces makes pieces of a dozen characters, each three bytes, that are hardly ever seen
     * twice. Cut where nothing joins, they are words of one to three characters.
     */

    /// The whole character and a part of the one behind it may be joined.
    static final int STICKS_BEHIND = 1;

    /// The whole character and a part of the one before it may be joined.
    static final int STICKS_BEFORE = 2;

    /// A part of the character and a part of the one behind it may be joined.
    static final int PARTS_BEHIND = 4;

    /// A part of the character and a part of the one before it may be joined.
    static final int PARTS_BEFORE = 8;

    static final int ALL_FLAGS = 15;

    private static final int BITS_PER_MERGE = 8;
    private static final int BITS_MIN = 1 << 12;
    private static final int BITS_MAX = 1 << 20;
    private static final int BYTES = 256;
    private static final int CHARS = 1 << Character.SIZE;
    private static final int PART = 1 << 30;
    private static final int PART_LENGTH_SHIFT = 24;
    private static final int NO_END = -1;
    private static final int FIRST_NOT_ASCII = 0x80;

    private final long[] bits;
    private final int shift;
    private final byte[] wholeFlags = new byte[CHARS];
    private final boolean[] lastBytes = new boolean[BYTES];
    private final boolean[] firstBytes = new boolean[BYTES];

    CharacterJoints(int merges) {
        int size = Integer.highestOneBit(Math.clamp((long) merges * BITS_PER_MERGE, BITS_MIN, BITS_MAX));
        bits = new long[size >>> 6];
        shift = Integer.numberOfLeadingZeros(size - 1) + Integer.SIZE;
    }

    /// Takes note of a merge of these two runs of bytes.
    void add(byte[] left, byte[] right) {
        int before = leftEnd(left);
        int behind = rightEnd(right);
        if (before == NO_END || behind == NO_END) {
            return; // inside a character, or bytes that no text has
        }
        long hash = hash(before, behind);
        bits[(int) (hash >>> shift) >>> 6] |= 1L << (hash >>> shift);
        boolean wholeBefore = (before & PART) == 0;
        boolean wholeBehind = (behind & PART) == 0;
        if (wholeBefore && !wholeBehind && before < CHARS) {
            wholeFlags[before] |= STICKS_BEHIND;
        } else if (!wholeBefore && wholeBehind && behind < CHARS) {
            wholeFlags[behind] |= STICKS_BEFORE;
        } else if (!wholeBefore && !wholeBehind) {
            lastBytes[left[left.length - 1] & 0xFF] = true;
            firstBytes[right[0] & 0xFF] = true;
        }
    }

    /// What a merge's left run ends with: a code point, or a key of bytes that end a character.
    private static int leftEnd(byte[] run) {
        int i = run.length - 1;
        while (i >= 0 && isContinuation(run[i])) {
            i--;
        }
        if (i < 0) {
            return run.length > 0 && run.length < 4 ? part(run, 0, run.length) : NO_END;
        }
        return i + Utf8.length(run[i]) == run.length ? valid(Utf8.codePoint(run, i)) : NO_END;
    }

    /// What a merge's right run begins with: a code point, or a key of bytes that begin a
    /// character.
    private static int rightEnd(byte[] run) {
        if (run.length == 0 || isContinuation(run[0])) {
            return NO_END;
        }
        return Utf8.length(run[0]) <= run.length ? valid(Utf8.codePoint(run, 0)) : part(run, 0, run.length);
    }

    private static int valid(int codePoint) {
        return codePoint <= Character.MAX_CODE_POINT ? codePoint : NO_END;
    }

    private static boolean isContinuation(byte b) {
        return (b & 0xC0) == 0x80;
    }

    private static int part(byte[] text, int from, int length) {
        int key = PART | length << PART_LENGTH_SHIFT;
        for (int i = 0; i < length; i++) {
            key |= (text[from + i] & 0xFF) << (Byte.SIZE * i);
        }
        return key;
    }

    /// The flags of a character of the basic plane, with these bytes first and last.
    int flags(char c, byte first, byte last) {
        return wholeFlags[c]
                | (lastBytes[last & 0xFF] ? PARTS_BEHIND : 0)
                | (firstBytes[first & 0xFF] ? PARTS_BEFORE : 0);
    }

    /// 1 if no merge joins two whole characters, else 0. ASCII is not asked about: it counts as
    /// joined.
    long apart(int before, int behind) {
        int bit = (int) (hash(before, behind) >>> shift);
        return ~bits[bit >>> 6] >>> bit & ~((before | behind) - FIRST_NOT_ASCII >> Integer.SIZE - 1) & 1;
    }

    /// 0 if flags of two characters that follow each other answer [#sticks] with false, else 1.
    static int mayStick(int before, int behind) {
        return (before | behind >>> 1 | (before >>> 2 & behind >>> 3)) & 1;
    }

    /// Whether a merge may join two characters of which at least one is not whole. `text[at]`
    /// starts the one behind.
    boolean sticks(byte[] text, int at, int before, int behind) {
        int lengthBefore = length(before);
        int lengthBehind = length(behind);
        boolean joined = false;
        for (int i = 1; i < lengthBehind; i++) {
            joined |= has(before, part(text, at, i));
        }
        for (int i = 1; i < lengthBefore; i++) {
            int ending = part(text, at - i, i);
            joined |= has(ending, behind);
            for (int j = 1; j < lengthBehind; j++) {
                joined |= has(ending, part(text, at, j));
            }
        }
        return joined;
    }

    private static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    private boolean has(int before, int behind) {
        int bit = (int) (hash(before, behind) >>> shift);
        return (bits[bit >>> 6] >>> bit & 1) != 0;
    }

    private static long hash(int before, int behind) {
        return Mix.mix((long) before << Integer.SIZE | behind);
    }
}
