package io.kvepp.preprocess.tokenizer;

/// Turns pieces that are not all ASCII into ids: cuts them where no merge joins two characters, and
/// merges what is left between two cuts, from characters where that is allowed.
///
/// Confined: one thread at a time. The model may be shared.
final class CharacterParts {
    /// Takes the parts that must be merged from their bytes.
    interface Bytes {
        /// Writes the ids from `at` on and returns where they end.
        int part(byte[] text, int from, int length, int[] ids, int at);
    }

    /*
     * Up to 64 characters at a time, a bit each: first every place is judged, then the parts are taken off the bits.
     * Most parts are one character, whose token is at hand, or two, which are one question to the table of merges.
     */
    private static final int CHUNK_CHARS = Long.SIZE;

    private final CharacterTokens tokens;
    private final CharacterJoints joints;
    private final PairTable merges;
    private final MergeEngine engine;
    private final Bytes bytes;
    private final int[] codePoints = new int[CHUNK_CHARS];
    private final int[] entries = new int[CHUNK_CHARS];
    private final int[] offsets = new int[CHUNK_CHARS + 1];
    private final int[] symbols = new int[CHUNK_CHARS];
    private long cuts;
    private long odd;

    CharacterParts(CharacterTokens tokens, PairTable merges, MergeEngine engine, Bytes bytes) {
        this.tokens = tokens;
        joints = tokens.joints();
        this.merges = merges;
        this.engine = engine;
        this.bytes = bytes;
    }

    /// Writes the ids of a piece to `ids` from `start` on and returns where they end.
    int encode(byte[] text, int from, int length, int[] ids, int start) {
        int end = from + length;
        int at = start;
        int next = from;
        while (next < end) {
            int count = chunk(text, next, end);
            int behind = offsets[count];
            if (behind < end) {
                if (cuts == 0) {
                    return bytes.part(text, next, end - next, ids, at);
                }
                count = Long.SIZE - 1 - Long.numberOfLeadingZeros(cuts);
                behind = offsets[count];
            }
            at = parts(text, count, ids, at);
            next = behind;
        }
        return at;
    }

    /// Reads characters from `from` on and returns how many. Sets in `cuts` the bit of each
    /// character that may be cut from the one before it, and in `odd` that of each which has no
    /// token or may not start as one behind its neighbour.
    private int chunk(byte[] text, int from, int end) {
        int count = read(text, from, end);
        long cut = 0;
        long doubtful = 0;
        long without = CharacterTokens.without(entries[0]);
        for (int i = 1; i < count; i++) {
            int before = codePoints[i - 1];
            int behind = codePoints[i];
            cut |= joints.apart(before, behind) << i;
            doubtful |= (long) CharacterTokens.mayStick(entries[i - 1], entries[i]) << i;
            without |= (long) CharacterTokens.without(entries[i]) << i;
        }
        for (long rest = doubtful; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (joints.sticks(text, offsets[i], codePoints[i - 1], codePoints[i])) {
                without |= 1L << i;
                cut &= ~(1L << i);
            }
        }
        cuts = cut;
        odd = without;
        return count;
    }

    private int read(byte[] text, int from, int end) {
        int[] table = tokens.entries();
        int[] points = codePoints;
        int[] starts = offsets;
        int[] found = entries;
        int count = 0;
        int i = from;
        while (i < end && count < CHUNK_CHARS) {
            int codePoint = Utf8.codePoint(text, i);
            points[count] = codePoint;
            starts[count] = i;
            found[count] = codePoint < CharacterTokens.CHARS ? table[codePoint] : CharacterTokens.OTHER;
            count++;
            i += Utf8.length(text[i]);
        }
        starts[count] = i;
        return count;
    }

    private int parts(byte[] text, int count, int[] ids, int start) {
        int at = start;
        int first = 0;
        long rest = count < CHUNK_CHARS ? cuts & (1L << count) - 1 : cuts;
        while (first < count) {
            int behind = rest == 0 ? count : Long.numberOfTrailingZeros(rest);
            rest &= rest - 1;
            int length = behind - first;
            if ((odd >>> first & -1L >>> (Long.SIZE - length)) != 0) {
                at = bytes.part(text, offsets[first], offsets[behind] - offsets[first], ids, at);
            } else if (length == 1) {
                ids[at++] = entries[first] & CharacterTokens.TOKEN_MASK;
            } else if (length == 2) {
                at = pair(entries[first], entries[first + 1], ids, at);
            } else if (length == 3) {
                at = triple(first, ids, at);
            } else {
                at = merged(first, length, ids, at);
            }
            first = behind;
        }
        return at;
    }

    private int pair(int left, int right, int[] ids, int at) {
        int first = left & CharacterTokens.TOKEN_MASK;
        int second = right & CharacterTokens.TOKEN_MASK;
        return pairOf(first, second, merges.likelyRank(first, second), ids, at);
    }

    private int pairOf(int first, int second, int rank, int[] ids, int at) {
        if (rank != PairTable.NO_RANK) {
            ids[at] = merges.id(rank);
            return at + 1;
        }
        ids[at] = first;
        ids[at + 1] = second;
        return at + 2;
    }

    private int triple(int start, int[] ids, int at) {
        int first = entries[start] & CharacterTokens.TOKEN_MASK;
        int second = entries[start + 1] & CharacterTokens.TOKEN_MASK;
        int third = entries[start + 2] & CharacterTokens.TOKEN_MASK;
        // As unsigned numbers, no rank is the largest.
        int left = merges.likelyRank(first, second);
        int right = merges.likelyRank(second, third);
        if (Integer.compareUnsigned(left, right) <= 0) {
            if (left != PairTable.NO_RANK) {
                int id = merges.id(left);
                return pairOf(id, third, merges.rank(id, third), ids, at);
            }
            ids[at] = first;
            ids[at + 1] = second;
            ids[at + 2] = third;
            return at + 3;
        }
        int id = merges.id(right);
        return pairOf(first, id, merges.rank(first, id), ids, at);
    }

    private int merged(int first, int length, int[] ids, int at) {
        for (int i = 0; i < length; i++) {
            symbols[i] = entries[first + i] & CharacterTokens.TOKEN_MASK;
        }
        int left = engine.merge(symbols, length);
        System.arraycopy(symbols, 0, ids, at, left);
        return at + left;
    }
}
