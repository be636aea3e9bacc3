package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The ids of pieces seen lately that [WordTable] does not show at once: short ones of few ids by
/// their [WordKey], others by their bytes. A new piece takes the place of an old one.
///
/// Bounded: 2 MB, and at most 4,096 other pieces of 256 bytes and 32 ids: 4 MB at the very most.
///
/// Confined: one thread at a time.
final class PieceCache {
    /// Pieces of more ids or bytes are not kept: they rarely come again.
    static final int IDS_MAX = 32;

    static final int BYTES_MAX = 256;

    /// Ids of a piece that is kept by its key.
    static final int KEYED_IDS_MAX = 3;

    /*
     * By key: one entry of four words at the place the hash points to, no second try: both words of the key; the first
     * two ids; the third one and how many there are, 0 if they are kept by its bytes. A reader copies three ids and goes
     * on by their number, so pieces of one and of three ids take the same, well predicted way.
     *
     * With Qwen2.5's vocabulary, on windows of 8,192 characters never seen before, tokens at their home and both caches
     * leave 2.3 % of the pieces of English and of code, and 0.7 % of those of JSON, to be looked for or merged.
     */
    private static final int KEY_BITS = 16;
    private static final int BITS = 12;
    private static final int[] NOTHING = {};

    /// For [WordEncoder]'s loop: entries of four words.
    final long[] entries = new long[4 << KEY_BITS];

    private record Known(long hash, byte[] bytes, int[] ids) {}

    private final @Nullable Known[] byBytes = new Known[1 << BITS];

    /// Index of the entry of a key with this hash.
    static int entry(long hash) {
        return (int) (hash >>> (Long.SIZE - KEY_BITS)) << 2;
    }

    /// Keeps `count` ids from `from[at]` on, at most [#KEYED_IDS_MAX].
    void put(long low, long high, long hash, int[] from, int at, int count) {
        int entry = entry(hash);
        entries[entry] = low;
        entries[entry + 1] = high;
        entries[entry + 2] = from[at] | (long) from[at + 1] << 32;
        entries[entry + 3] = from[at + 2] | (long) count << 32;
    }

    /// The ids of a piece, not to be changed, or an empty array. `hash` is [Mix#bytes] of it.
    int[] get(byte[] text, int from, int length, long hash) {
        Known known = byBytes[(int) (hash >>> (Long.SIZE - BITS))];
        return known != null
                        && known.hash == hash
                        && Arrays.equals(known.bytes, 0, known.bytes.length, text, from, from + length)
                ? known.ids
                : NOTHING;
    }

    /// Keeps a piece of at most [#BYTES_MAX] bytes and [#IDS_MAX] ids.
    void put(long hash, byte[] bytes, int[] ids) {
        byBytes[(int) (hash >>> (Long.SIZE - BITS))] = new Known(hash, bytes, ids);
    }
}
