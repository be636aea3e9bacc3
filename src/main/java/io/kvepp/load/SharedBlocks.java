package io.kvepp.load;

import org.jspecify.annotations.Nullable;

/// How many live requests use each prompt block of one rank, by sequence hash, and what a block
/// weighs: 1, or less once its only request has nearly ended.
///
/// Confined to whoever guards it.
final class SharedBlocks {
    /*
     * Open addressing, linear probing, at most half full; a count of 0 marks a free place, and
     * removal shifts the rest of a run back so that no tombstones remain. A place is two words, key
     * and count, so that a look reads one cache line. Weights take memory only once one differs from
     * 1.
     */
    private static final int PLACES_MIN = 16;

    private long[] words = new long[2 * PLACES_MIN];
    private double @Nullable [] missingWeights;
    private double missingWeight;
    private int size;

    @SuppressWarnings("UnusedVariable") // written so that the reads before it are not left out
    private long read;

    int size() {
        return size;
    }

    /// The sum of all weights.
    double weight() {
        return size - missingWeight;
    }

    boolean contains(long key) {
        return words[find(key) + 1] > 0;
    }

    int count(long key) {
        return (int) words[find(key) + 1];
    }

    /// These keys are about to be asked for: reads the places of all of them in one go, which takes
    /// as long as reading that of one, as none of the reads needs another.
    void expect(long[] keys) {
        long sum = 0;
        for (long key : keys) {
            sum += words[home(key)];
        }
        read += sum;
    }

    /// Sets what a block that is there weighs, 0 to 1. Later users of the block find it so.
    void setWeight(long key, double weight) {
        if (missingWeights == null) {
            missingWeights = new double[words.length / 2];
        }
        int place = find(key) / 2;
        missingWeight += 1 - weight - missingWeights[place];
        missingWeights[place] = 1 - weight;
    }

    /// Adds one; true if the key was not there.
    boolean increment(long key) {
        if (4 * (size + 1) > words.length) {
            resize(2 * words.length);
        }
        int place = find(key);
        words[place] = key;
        if (words[place + 1]++ > 0) {
            return false;
        }
        size++;
        return true;
    }

    /// Takes one away; true if the key is gone now. A key that is not there stays so.
    boolean decrement(long key) {
        int place = find(key);
        if (words[place + 1] == 0 || --words[place + 1] > 0) {
            return false;
        }
        size--;
        if (missingWeights != null) {
            missingWeight = size == 0 ? 0 : missingWeight - missingWeights[place / 2];
            missingWeights[place / 2] = 0;
        }
        closeGap(place);
        return true;
    }

    /// Where the key's two words are, or would be.
    private int find(long key) {
        int place = home(key);
        while (words[place + 1] > 0 && words[place] != key) {
            place = after(place);
        }
        return place;
    }

    private int home(long key) {
        long mixed = key * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32) & (words.length - 2);
    }

    private int after(int place) {
        return (place + 2) & (words.length - 1);
    }

    private void closeGap(int freed) {
        int mask = words.length - 1;
        int gap = freed;
        for (int place = after(gap); words[place + 1] > 0; place = after(place)) {
            boolean mayMove = ((place - home(words[place])) & mask) >= ((place - gap) & mask);
            if (mayMove) {
                move(place, gap);
                gap = place;
            }
        }
    }

    private void move(int from, int to) {
        words[to] = words[from];
        words[to + 1] = words[from + 1];
        words[from + 1] = 0;
        if (missingWeights != null) {
            missingWeights[to / 2] = missingWeights[from / 2];
            missingWeights[from / 2] = 0;
        }
    }

    private void resize(int length) {
        long[] old = words;
        double @Nullable [] oldWeights = missingWeights;
        words = new long[length];
        missingWeights = oldWeights == null ? null : new double[length / 2];
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] > 0) {
                int place = find(old[i]);
                words[place] = old[i];
                words[place + 1] = old[i + 1];
                if (oldWeights != null && missingWeights != null) {
                    missingWeights[place / 2] = oldWeights[i / 2];
                }
            }
        }
    }
}
