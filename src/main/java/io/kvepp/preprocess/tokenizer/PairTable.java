package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Merges: a pair of token ids to the rank of the merge and the id it makes.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class PairTable {
    /// What [#get] says for a pair that does not merge. Larger than any merge.
    static final long NONE = Long.MAX_VALUE;

    /*
     * Open addressing, key and value side by side in one array. Ids are not negative, so -1 is no key. The table
     * is never more than half full, so a probe ends.
     */
    private static final long EMPTY = -1;

    private final long[] table;
    private final int mask;

    PairTable(int pairs) {
        int slots = Integer.highestOneBit(Math.max(8, pairs) * 2 - 1) * 2;
        table = new long[2 * slots];
        Arrays.fill(table, EMPTY);
        mask = slots - 1;
    }

    /// A later merge of the same pair replaces the earlier.
    void put(int left, int right, int rank, int id) {
        long key = key(left, right);
        int slot = slot(key);
        while (table[2 * slot] != EMPTY && table[2 * slot] != key) {
            slot = (slot + 1) & mask;
        }
        table[2 * slot] = key;
        table[2 * slot + 1] = ((long) rank << 32) | id;
    }

    /// `rank << 32 | id`, or [#NONE].
    long get(int left, int right) {
        long key = key(left, right);
        int slot = slot(key);
        long found = table[2 * slot];
        while (found != key) {
            if (found == EMPTY) {
                return NONE;
            }
            slot = (slot + 1) & mask;
            found = table[2 * slot];
        }
        return table[2 * slot + 1];
    }

    private static long key(int left, int right) {
        return ((long) left << 32) | right;
    }

    private int slot(long key) {
        return (int) (Mix.mix(key) >>> 32) & mask;
    }
}
