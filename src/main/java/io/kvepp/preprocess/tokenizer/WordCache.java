package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// The ids of pieces that needed merging: short ones by their [WordKey], longer ones by their bytes.
/// A new piece takes the place of an old one.
///
/// Bounded: 2 MB, allocated once.
///
/// Confined: one thread at a time.
final class WordCache {
    /// Pieces of more ids or bytes are not kept: they rarely come again.
    static final int IDS_MAX = 8;

    static final int LONG_BYTES_MAX = 48;

    private static final int SHORT_BITS = 15;
    private static final int LONG_BITS = 12;

    private final long[] keys = new long[2 << SHORT_BITS];
    private final int[] ids = new int[IDS_MAX << SHORT_BITS];
    private final long[] longHashes = new long[1 << LONG_BITS];
    private final byte[] longBytes = new byte[LONG_BYTES_MAX << LONG_BITS];
    private final byte[] longLengths = new byte[1 << LONG_BITS];
    private final byte[] longCounts = new byte[1 << LONG_BITS];
    private final int[] longIds = new int[IDS_MAX << LONG_BITS];

    /// Copies the ids of a short piece to `out` and returns how many, 0 if it is not known.
    int get(long low, long high, long hash, int[] out, int at) {
        int slot = (int) (hash >>> (Long.SIZE - SHORT_BITS));
        long second = keys[2 * slot + 1];
        if (keys[2 * slot] != low || (second & ~(long) WordKey.VALUE_MASK) != high) {
            return 0;
        }
        int count = (int) second & WordKey.VALUE_MASK;
        int from = slot * IDS_MAX;
        for (int i = 0; i < count; i++) {
            out[at + i] = ids[from + i];
        }
        return count;
    }

    void put(long low, long high, long hash, int[] out, int at, int count) {
        if (count <= IDS_MAX && count > 0) {
            int slot = (int) (hash >>> (Long.SIZE - SHORT_BITS));
            keys[2 * slot] = low;
            keys[2 * slot + 1] = high | count;
            System.arraycopy(out, at, ids, slot * IDS_MAX, count);
        }
    }

    /// As [#get], of a piece without key; `hash` is [Mix#bytes] of it.
    int getLong(byte[] text, int from, int length, long hash, int[] out, int at) {
        int slot = (int) (hash >>> (Long.SIZE - LONG_BITS));
        int bytes = slot * LONG_BYTES_MAX;
        if (longHashes[slot] != hash
                || longLengths[slot] != length
                || !Arrays.equals(longBytes, bytes, bytes + length, text, from, from + length)) {
            return 0;
        }
        System.arraycopy(longIds, slot * IDS_MAX, out, at, longCounts[slot]);
        return longCounts[slot];
    }

    void putLong(byte[] text, int from, int length, long hash, int[] out, int at, int count) {
        if (length <= LONG_BYTES_MAX && count <= IDS_MAX && count > 0) {
            int slot = (int) (hash >>> (Long.SIZE - LONG_BITS));
            longHashes[slot] = hash;
            longLengths[slot] = (byte) length;
            longCounts[slot] = (byte) count;
            System.arraycopy(text, from, longBytes, slot * LONG_BYTES_MAX, length);
            System.arraycopy(out, at, longIds, slot * IDS_MAX, count);
        }
    }
}
