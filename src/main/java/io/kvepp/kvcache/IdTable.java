package io.kvepp.kvcache;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// Small numbers for objects; those of removed ones are used again, the lowest first.
///
/// Confined to the index's writer.
final class IdTable<T> {
    /*
     * Numbers are in chunks that come and go one at a time, so no step is long, and there are as
     * many as the objects need that are there now.
     */
    private static final int CHUNK_BITS = 12;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int CHUNKS_MAX = 1 << Place.ID_BITS - CHUNK_BITS;

    /// A chunk and its numbers, roughly.
    private static final long CHUNK_BYTES = 4 * CHUNK + CHUNK / 8;

    private static final @Nullable Object[] GONE = {};

    /// Which numbers of a chunk are in use.
    private static final class Numbers {
        private final long[] used = new long[CHUNK / Long.SIZE];
        private int count;

        /// The words before it are full.
        private int firstWord;

        int take() {
            while (used[firstWord] == -1) {
                firstWord++;
            }
            int bit = Long.numberOfTrailingZeros(~used[firstWord]);
            used[firstWord] |= 1L << bit;
            count++;
            return firstWord * Long.SIZE + bit;
        }

        void give(int number) {
            int word = number / Long.SIZE;
            used[word] &= ~(1L << number);
            firstWord = Math.min(firstWord, word);
            count--;
        }
    }

    private @Nullable Object[][] chunks = {GONE};
    private @Nullable Numbers[] numbers = new @Nullable Numbers[1];

    /// Chunks that are there and not full.
    private final BitSet withRoom = new BitSet();

    private final BitSet there = new BitSet();
    private int firstWithRoom = -1;
    private int count;

    /// False when there are as many objects as numbers.
    boolean hasRoom() {
        return count < CHUNKS_MAX << CHUNK_BITS;
    }

    int reserve() {
        int chunk = firstWithRoom >= 0 ? firstWithRoom : newChunk();
        Numbers free = numbersOf(chunk);
        int id = chunk << CHUNK_BITS | free.take();
        count++;
        if (free.count == CHUNK) {
            withRoom.clear(chunk);
            firstWithRoom = withRoom.nextSetBit(chunk);
        }
        return id;
    }

    private Numbers numbersOf(int chunk) {
        Numbers found = numbers[chunk];
        if (found == null) {
            throw new IllegalStateException("chunk: " + chunk + " (expected: one with numbers in use)");
        }
        return found;
    }

    private int newChunk() {
        int chunk = there.nextClearBit(0);
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, 2 * chunk);
            Arrays.fill(chunks, chunk, 2 * chunk, GONE);
            numbers = Arrays.copyOf(numbers, 2 * chunk);
        }
        chunks[chunk] = new @Nullable Object[CHUNK];
        numbers[chunk] = new Numbers();
        there.set(chunk);
        withRoom.set(chunk);
        firstWithRoom = chunk;
        return chunk;
    }

    void set(int id, T object) {
        chunks[id >>> CHUNK_BITS][id & (CHUNK - 1)] = object;
    }

    /// Null when the number is nobody's.
    @SuppressWarnings("unchecked")
    @Nullable
    T find(int id) {
        @Nullable Object[] chunk = chunks[id >>> CHUNK_BITS];
        int index = id & (CHUNK - 1);
        return index < chunk.length ? (T) chunk[index] : null;
    }

    T get(int id) {
        T object = find(id);
        if (object == null) {
            throw new IllegalStateException("id: " + id + " (expected: in use)");
        }
        return object;
    }

    void release(int id) {
        int chunk = id >>> CHUNK_BITS;
        chunks[chunk][id & (CHUNK - 1)] = null;
        Numbers free = numbersOf(chunk);
        free.give(id & (CHUNK - 1));
        count--;
        if (free.count > 0) {
            withRoom.set(chunk);
            firstWithRoom = firstWithRoom < 0 ? chunk : Math.min(firstWithRoom, chunk);
            return;
        }
        chunks[chunk] = GONE;
        numbers[chunk] = null;
        there.clear(chunk);
        withRoom.clear(chunk);
        firstWithRoom = withRoom.nextSetBit(0);
    }

    /// The first number in use that is at least `from`; -1 when there is none.
    int nextInUse(int from) {
        int chunk = there.nextSetBit(from >>> CHUNK_BITS);
        int word = chunk == from >>> CHUNK_BITS ? (from & CHUNK - 1) / Long.SIZE : 0;
        long mask = chunk == from >>> CHUNK_BITS ? -1L << from : -1L;
        while (chunk >= 0) {
            long[] used = numbersOf(chunk).used;
            for (; word < used.length; word++) {
                if ((used[word] & mask) != 0) {
                    return chunk << CHUNK_BITS | word * Long.SIZE + Long.numberOfTrailingZeros(used[word] & mask);
                }
                mask = -1L;
            }
            chunk = there.nextSetBit(chunk + 1);
            word = 0;
            mask = -1L;
        }
        return -1;
    }

    int count() {
        return count;
    }

    /// All numbers in use are below it.
    int end() {
        return there.length() << CHUNK_BITS;
    }

    /// Of the table, without the objects.
    long bytes() {
        return there.cardinality() * CHUNK_BYTES + 8L * chunks.length;
    }
}
