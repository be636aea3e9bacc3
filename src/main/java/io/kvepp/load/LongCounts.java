package io.kvepp.load;

/// Counts by 64-bit key, without boxing.
///
/// Confined to whoever guards it.
final class LongCounts {
    /*
     * Open addressing, linear probing, at most half full; a count of 0 marks a free place, and
     * removal shifts the rest of a run back so that no tombstones remain.
     */
    private static final int PLACES_MIN = 16;

    private long[] keys = new long[PLACES_MIN];
    private int[] counts = new int[PLACES_MIN];
    private int size;

    int size() {
        return size;
    }

    boolean contains(long key) {
        return counts[find(key)] > 0;
    }

    /// Adds one; true if the key was not there.
    boolean increment(long key) {
        if (2 * (size + 1) > keys.length) {
            resize(2 * keys.length);
        }
        int place = find(key);
        keys[place] = key;
        if (counts[place]++ > 0) {
            return false;
        }
        size++;
        return true;
    }

    /// Takes one away; true if the key is gone now. A key that is not there stays so.
    boolean decrement(long key) {
        int place = find(key);
        if (counts[place] == 0 || --counts[place] > 0) {
            return false;
        }
        size--;
        closeGap(place);
        return true;
    }

    private int find(long key) {
        int mask = keys.length - 1;
        int place = home(key);
        while (counts[place] > 0 && keys[place] != key) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private int home(long key) {
        long mixed = key * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32) & (keys.length - 1);
    }

    private void closeGap(int freed) {
        int mask = keys.length - 1;
        int gap = freed;
        for (int place = (gap + 1) & mask; counts[place] > 0; place = (place + 1) & mask) {
            boolean mayMove = ((place - home(keys[place])) & mask) >= ((place - gap) & mask);
            if (mayMove) {
                keys[gap] = keys[place];
                counts[gap] = counts[place];
                counts[place] = 0;
                gap = place;
            }
        }
    }

    private void resize(int places) {
        long[] oldKeys = keys;
        int[] oldCounts = counts;
        keys = new long[places];
        counts = new int[places];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] > 0) {
                int place = find(oldKeys[i]);
                keys[place] = oldKeys[i];
                counts[place] = oldCounts[i];
            }
        }
    }
}
