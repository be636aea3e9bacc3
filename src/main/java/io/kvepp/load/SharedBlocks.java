package io.kvepp.load;

import org.jspecify.annotations.Nullable;

/// How many live requests use each prompt block of one rank, by sequence hash, and what a block
/// weighs: 1, or less once its only request has nearly ended.
///
/// Confined to whoever guards it.
final class SharedBlocks {
    /*
     * Open addressing, linear probing, at most half full; a count of 0 marks a free place, and
     * removal shifts the rest of a run back so that no tombstones remain. Weights take memory only
     * once one differs from 1.
     */
    private static final int PLACES_MIN = 16;

    private long[] keys = new long[PLACES_MIN];
    private int[] counts = new int[PLACES_MIN];
    private double @Nullable [] missingWeights;
    private double missingWeight;
    private int size;

    int size() {
        return size;
    }

    /// The sum of all weights.
    double weight() {
        return size - missingWeight;
    }

    boolean contains(long key) {
        return counts[find(key)] > 0;
    }

    int count(long key) {
        return counts[find(key)];
    }

    /// Sets what a block that is there weighs, 0 to 1. Later users of the block find it so.
    void setWeight(long key, double weight) {
        if (missingWeights == null) {
            missingWeights = new double[keys.length];
        }
        int place = find(key);
        missingWeight += 1 - weight - missingWeights[place];
        missingWeights[place] = 1 - weight;
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
        if (missingWeights != null) {
            missingWeight = size == 0 ? 0 : missingWeight - missingWeights[place];
            missingWeights[place] = 0;
        }
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
                move(place, gap);
                gap = place;
            }
        }
    }

    private void move(int from, int to) {
        keys[to] = keys[from];
        counts[to] = counts[from];
        counts[from] = 0;
        if (missingWeights != null) {
            missingWeights[to] = missingWeights[from];
            missingWeights[from] = 0;
        }
    }

    private void resize(int places) {
        long[] oldKeys = keys;
        int[] oldCounts = counts;
        double @Nullable [] oldWeights = missingWeights;
        keys = new long[places];
        counts = new int[places];
        missingWeights = oldWeights == null ? null : new double[places];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] > 0) {
                int place = find(oldKeys[i]);
                keys[place] = oldKeys[i];
                counts[place] = oldCounts[i];
                if (oldWeights != null && missingWeights != null) {
                    missingWeights[place] = oldWeights[i];
                }
            }
        }
    }
}
