package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// The ids of words that needed merging. A new word takes the place of an old one.
///
/// Bounded: 65,536 slots of at most 32 chars and 96 ids.
///
/// Thread-safe: entries are immutable and reached through final fields, so a racing reader sees a
/// whole entry, an older one or none.
final class WordCache {
    /// Longer words rarely come again.
    static final int WORD_CHARS_MAX = 32;

    private static final int SLOTS = 1 << 16;
    private static final int[] NOTHING = {};

    private record Entry(char[] word, int[] ids) {}

    private final Entry[] entries = new Entry[SLOTS];

    /// The ids, or an empty array; not to be changed.
    int[] get(char[] text, int start, int end) {
        if (end - start > WORD_CHARS_MAX) {
            return NOTHING;
        }
        Entry entry = entries[slot(text, start, end)];
        return entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, start, end) ? entry.ids : NOTHING;
    }

    void put(char[] text, int start, int end, int[] ids, int count) {
        if (end - start <= WORD_CHARS_MAX) {
            entries[slot(text, start, end)] =
                    new Entry(Arrays.copyOfRange(text, start, end), Arrays.copyOf(ids, count));
        }
    }

    private static int slot(char[] text, int start, int end) {
        long hash = 0;
        for (int i = start; i < end; i++) {
            hash = hash * 0x9E3779B1L + text[i];
        }
        return (int) (Mix.mix(hash) >>> 40) & (SLOTS - 1);
    }
}
