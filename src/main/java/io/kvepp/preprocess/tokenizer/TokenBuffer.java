package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// A growing list of token ids.
///
/// Confined: one thread at a time.
final class TokenBuffer {
    private int[] ids;
    private int size;

    TokenBuffer(int capacity) {
        ids = new int[Math.max(16, capacity)];
    }

    void add(int id) {
        if (size == ids.length) {
            grow(1);
        }
        ids[size++] = id;
    }

    void addAll(int[] source, int count) {
        if (ids.length - size < count) {
            grow(count);
        }
        System.arraycopy(source, 0, ids, size, count);
        size += count;
    }

    /// The array the ids are in, with room for `count` more; see [#size(int)].
    int[] reserve(int count) {
        if (ids.length - size < count) {
            grow(count);
        }
        return ids;
    }

    /// Sets how many ids there are, after writing behind the last one of [#reserve]'s array, or to
    /// forget some.
    void size(int count) {
        size = count;
    }

    /// Forgets all ids, and the array if it is larger than `capacityMax`.
    void clear(int capacityMax) {
        size = 0;
        if (ids.length > capacityMax) {
            ids = new int[capacityMax];
        }
    }

    int size() {
        return size;
    }

    int[] toArray(int from) {
        return Arrays.copyOfRange(ids, from, size);
    }

    private void grow(int count) {
        ids = Arrays.copyOf(ids, Math.max(size + count, ids.length + (ids.length >> 1)));
    }
}
