package io.kvepp.kvcache;

import java.util.Arrays;

/// A set of slots as a bitmap without trailing zero words.
///
/// Immutable.
final class SlotSet {
    static final SlotSet EMPTY = new SlotSet(new long[0]);

    private final long[] words;

    private SlotSet(long[] words) {
        this.words = words;
    }

    int wordCount() {
        return words.length;
    }

    /// The 64 slots from `64 * index` on; 0 beyond the last word.
    long word(int index) {
        return index < words.length ? words[index] : 0;
    }

    boolean isEmpty() {
        return words.length == 0;
    }

    boolean contains(int slot) {
        return (word(slot >>> 6) & (1L << slot)) != 0;
    }

    SlotSet with(int slot) {
        if (contains(slot)) {
            return this;
        }
        long[] grown = Arrays.copyOf(words, Math.max(words.length, (slot >>> 6) + 1));
        grown[slot >>> 6] |= 1L << slot;
        return new SlotSet(grown);
    }

    SlotSet without(int slot) {
        if (!contains(slot)) {
            return this;
        }
        long[] rest = words.clone();
        rest[slot >>> 6] &= ~(1L << slot);
        int length = rest.length;
        while (length > 0 && rest[length - 1] == 0) {
            length--;
        }
        return length == 0 ? EMPTY : new SlotSet(Arrays.copyOf(rest, length));
    }
}
