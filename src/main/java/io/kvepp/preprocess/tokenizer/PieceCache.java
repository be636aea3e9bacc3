package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// The ids of pieces that needed merging. A new piece takes the place of an old one.
///
/// Bounded: 65,536 slots of at most 64 bytes and 64 ids, so 30 MB if every entry is as large as it
/// can be, and about 7 MB with ordinary words.
///
/// Thread-safe: entries are immutable and reached through final fields, so a racing reader sees a
/// whole entry, an older one or none.
final class PieceCache {
    /// Longer pieces rarely come again.
    static final int PIECE_BYTES_MAX = 64;

    private static final int SLOTS = 1 << 16;
    private static final int[] NOTHING = {};

    private record Entry(long hash, byte[] piece, int[] ids) {}

    private final Entry[] entries = new Entry[SLOTS];

    /// The ids, or an empty array; not to be changed.
    int[] get(byte[] bytes, int length, long hash) {
        Entry entry = entries[slot(hash)];
        return entry != null
                        && entry.hash == hash
                        && Arrays.equals(entry.piece, 0, entry.piece.length, bytes, 0, length)
                ? entry.ids
                : NOTHING;
    }

    void put(byte[] bytes, int length, long hash, int[] ids, int count) {
        if (length <= PIECE_BYTES_MAX) {
            entries[slot(hash)] = new Entry(hash, Arrays.copyOf(bytes, length), Arrays.copyOf(ids, count));
        }
    }

    private static int slot(long hash) {
        return (int) (hash >>> 40) & (SLOTS - 1);
    }
}
