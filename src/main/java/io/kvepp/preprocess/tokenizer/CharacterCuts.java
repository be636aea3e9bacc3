package io.kvepp.preprocess.tokenizer;

/// Between which characters a piece may be cut without changing its tokens: no merge joins what ends
/// with the one and what begins with the other.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
class CharacterCuts {
    /*
     * A merge joins two runs of bytes. If the left one ends with a whole character and the right one begins with one,
     * this pair of characters is remembered, as a bit at its hash; a collision only costs a cut. In byte-level
     * vocabularies a run may also be a part of a character. Such merges are few, and these forbid more than they must:
     *
     * - whole character, part: any cut behind that character
     * - part, whole character: any cut before that character
     * - part, part: any cut between a character with this last byte and one with this first byte
     *
     * A merge whose right run begins inside a character joins no two characters.
     *
     * Why: writing without spaces makes pieces of a dozen characters, each three bytes, that are hardly ever seen
     * twice. Cut into words, most of them are tokens.
     */
    private static final int BITS_PER_MERGE = 8;
    private static final int BITS_MIN = 1 << 12;
    private static final int BITS_MAX = 1 << 20;
    private static final int BYTES = 256;

    /// Cuts nowhere.
    static final CharacterCuts NONE = new CharacterCuts(0) {
        @Override
        boolean isCut(byte[] text, int at, int before, int behind) {
            return false;
        }
    };

    private final long[] joined;
    private final int joinedShift;
    private final long[] sticksBehind = new long[(Character.MAX_CODE_POINT >>> 6) + 1];
    private final long[] sticksBefore = new long[(Character.MAX_CODE_POINT >>> 6) + 1];
    private final boolean[] stickyBytes = new boolean[BYTES * BYTES];

    CharacterCuts(int merges) {
        int bits = Integer.highestOneBit(Math.clamp((long) merges * BITS_PER_MERGE, BITS_MIN, BITS_MAX));
        joined = new long[bits >>> 6];
        joinedShift = Integer.numberOfLeadingZeros(bits - 1) + Integer.SIZE;
    }

    /// Takes note of a merge of these two runs of bytes.
    void add(byte[] left, byte[] right) {
        if (left.length == 0 || right.length == 0 || isContinuation(right[0])) {
            return;
        }
        int before = lastCharacter(left);
        int behind = Utf8.length(right[0]) <= right.length ? Utf8.codePoint(right, 0) : -1;
        if (before > Character.MAX_CODE_POINT || behind > Character.MAX_CODE_POINT) {
            return; // no text has such bytes
        }
        if (before >= 0 && behind >= 0) {
            int bit = bit(before, behind);
            joined[bit >>> 6] |= 1L << bit;
        } else if (before >= 0) {
            sticksBehind[before >>> 6] |= 1L << before;
        } else if (behind >= 0) {
            sticksBefore[behind >>> 6] |= 1L << behind;
        } else {
            stickyBytes[(left[left.length - 1] & 0xFF) * BYTES + (right[0] & 0xFF)] = true;
        }
    }

    /// Whether text may be cut before the character at `at`, with `before` in front of it.
    boolean isCut(byte[] text, int at, int before, int behind) {
        int bit = bit(before, behind);
        return (joined[bit >>> 6] >>> bit & 1) == 0 && joinsWhole(text, at, before, behind);
    }

    /// Whether no merge that takes but a part of one of two characters reaches across the place
    /// between them. Then each of them merges on its own first, as far as it does.
    boolean joinsWhole(byte[] text, int at, int before, int behind) {
        return (sticksBehind[before >>> 6] >>> before & 1) == 0
                && (sticksBefore[behind >>> 6] >>> behind & 1) == 0
                && !stickyBytes[(text[at - 1] & 0xFF) * BYTES + (text[at] & 0xFF)];
    }

    /// The code point a run ends with, or -1 if it begins inside it.
    private static int lastCharacter(byte[] run) {
        int i = run.length - 1;
        while (i >= 0 && isContinuation(run[i])) {
            i--;
        }
        return i >= 0 && i + Utf8.length(run[i]) == run.length ? Utf8.codePoint(run, i) : -1;
    }

    private static boolean isContinuation(byte b) {
        return (b & 0xC0) == 0x80;
    }

    private int bit(int left, int right) {
        return (int) (Mix.mix((long) left << 32 | right) >>> joinedShift);
    }
}
