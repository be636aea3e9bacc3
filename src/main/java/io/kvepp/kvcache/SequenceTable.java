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
        if (current.isFree(place)) {
            if (holders.isEmpty()) {
                return;
            }
            if (2 * (keys + 1) > current.count()) {
                current = rebuild(current);
                place = current.find(key);
            }
            current.set(place, key, holders);
            keys++;
            held.incrementAndGet();
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
            return isFree(place) ? SlotSet.EMPTY : holders(place);
        }

        int find(long key) {
            int place = (int) (key ^ (key >>> 32)) & mask;
            for (long found = keys.getAcquire(place); found != 0 && found != key; found = keys.getAcquire(place)) {
                place = (place + 1) & mask;
            }
            return place;
        }

        boolean isFree(int place) {
            return keys.getAcquire(place) == 0;
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
                if (!isFree(place) && !holders(place).isEmpty()) {
                    long key = keys.getAcquire(place);
                    target.set(target.find(key), key, holders(place));
                }
            }
        }
    }
}
