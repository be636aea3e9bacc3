package io.kvepp.kvcache;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Sequence hash -> the slots that hold the block, of one storage tier.
///
/// Single-writer ([#put]); any number of readers ([#get]) without waiting.
final class SequenceTable {
    /*
     * Open addressing over two parallel arrays, linear probing, at most half full.
     *
     * Within one generation of arrays a key never moves and never goes: a block that nobody holds
     * keeps its key with an empty set until the next growth leaves it out. So a reader that sees a
     * key may trust its set, and a reader that sees a free place knows the key is absent.
     *
     * The writer stores a set before its key, both with release; a reader loads the key, then the
     * set, both with acquire. A grown generation is filled before it is published by the volatile
     * field; readers of the old one see a state that was true when they loaded the field.
     *
     * A key of 0 marks a free place; the hash 0 itself is mapped to another number.
     */
    private static final int PLACES_MIN = 1024;

    private volatile Places places = new Places(PLACES_MIN);
    private int keys;
    private final AtomicInteger held = new AtomicInteger();

    /// The holders; empty when nobody holds the block.
    SlotSet get(long sequenceHash) {
        return places.get(keyOf(sequenceHash));
    }

    void put(long sequenceHash, SlotSet holders) {
        long key = keyOf(sequenceHash);
        Places current = places;
        int place = current.find(key);
        if (place < 0) {
            insert(current, key, holders);
            return;
        }
        int before = current.holders(place).isEmpty() ? 0 : 1;
        held.addAndGet((holders.isEmpty() ? 0 : 1) - before);
        current.set(place, key, holders);
    }

    /// Blocks that somebody holds.
    int held() {
        return held.get();
    }

    private void insert(Places current, long key, SlotSet holders) {
        if (holders.isEmpty()) {
            return;
        }
        Places target = 2 * (keys + 1) > current.count() ? rebuild(current) : current;
        target.set(~target.find(key), key, holders);
        keys++;
        held.incrementAndGet();
    }

    private Places rebuild(Places old) {
        int count = PLACES_MIN;
        while (count < 4 * (held() + 1)) {
            count *= 2;
        }
        Places rebuilt = new Places(count);
        old.copyHeldTo(rebuilt);
        keys = held();
        places = rebuilt;
        return rebuilt;
    }

    private static long keyOf(long sequenceHash) {
        return sequenceHash == 0 ? 0x9E3779B97F4A7C15L : sequenceHash;
    }

    /// One generation of the table.
    private static final class Places {
        private final AtomicLongArray keys;
        private final AtomicReferenceArray<@Nullable SlotSet> sets;
        private final int mask;

        Places(int count) {
            keys = new AtomicLongArray(count);
            sets = new AtomicReferenceArray<>(count);
            mask = count - 1;
        }

        int count() {
            return mask + 1;
        }

        SlotSet get(long key) {
            int place = find(key);
            return place < 0 ? SlotSet.EMPTY : holders(place);
        }

        /// The key's place, or the complement of the free place where it would go. A place is free
        /// or not by the one load made here: the writer may take it a moment later.
        int find(long key) {
            int place = (int) (key ^ (key >>> 32)) & mask;
            while (true) {
                long found = keys.getAcquire(place);
                if (found == key) {
                    return place;
                }
                if (found == 0) {
                    return ~place;
                }
                place = (place + 1) & mask;
            }
        }

        SlotSet holders(int place) {
            SlotSet holders = sets.getAcquire(place);
            return holders == null ? SlotSet.EMPTY : holders;
        }

        void set(int place, long key, SlotSet holders) {
            sets.setRelease(place, holders);
            keys.setRelease(place, key);
        }

        void copyHeldTo(Places target) {
            for (int place = 0; place <= mask; place++) {
                long key = keys.getAcquire(place);
                if (key != 0 && !holders(place).isEmpty()) {
                    target.set(~target.find(key), key, holders(place));
                }
            }
        }
    }
}
