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
