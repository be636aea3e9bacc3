package io.kvepp.kvcache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Small numbers for objects; those of removed ones are used again.
///
/// Confined to the index's writer.
final class IdTable<T> {
    private static final int CHUNK_BITS = 12;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int IDS_MAX = 1 << Place.ID_BITS;

    private @Nullable Object[][] chunks = new @Nullable Object[1][];
    private int[] free = new int[16];
    private int freeCount;
    private int next;

    /// False when there are as many objects as numbers.
    boolean hasRoom() {
        return freeCount > 0 || next < IDS_MAX;
    }

    int reserve() {
        if (freeCount > 0) {
            return free[--freeCount];
        }
        int chunk = next >>> CHUNK_BITS;
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, 2 * chunk);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = new @Nullable Object[CHUNK];
        }
        return next++;
    }

    void set(int id, T object) {
        chunks[id >>> CHUNK_BITS][id & (CHUNK - 1)] = object;
    }

    /// Null when the number is nobody's.
    @SuppressWarnings("unchecked")
    @Nullable
    T find(int id) {
        return (T) chunks[id >>> CHUNK_BITS][id & (CHUNK - 1)];
    }

    T get(int id) {
        T object = find(id);
        if (object == null) {
            throw new IllegalStateException("id: " + id + " (expected: in use)");
        }
        return object;
    }

    void release(int id) {
        chunks[id >>> CHUNK_BITS][id & (CHUNK - 1)] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = id;
    }

    int count() {
        return next - freeCount;
    }
}
