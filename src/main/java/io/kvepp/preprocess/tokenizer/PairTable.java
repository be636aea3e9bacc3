package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Merges: a pair of token ids to the rank of the merge and the id it makes.
///
/// Ids are below [#IDS_MAX], ranks below [#RANKS_MAX].
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class PairTable {
    static final int IDS_MAX = (1 << 21) - 1;
    static final int RANKS_MAX = 1 << 22;

    /// What [#get] says for a pair that does not merge. Larger than any merge.
    static final long NONE = Long.MAX_VALUE;

    /// What [#rank] says for a pair that does not merge.
    static final int NO_RANK = -1;

    /*
     * Open addressing, one word a slot: left << 43 | right << 22 | rank, all ones for an empty slot. The table is never
     * more than two thirds full, so a probe ends. Most pairs that are asked for do not merge, and the table is larger
     * than the second-level cache: a filter of two bits per pair in one word, a tenth of the size, answers these.
     */
    private static final long EMPTY = -1;
    private static final int ID_BITS = 21;
    private static final int RANK_BITS = 22;
    private static final int RANK_MASK = RANKS_MAX - 1;
    private static final int PAIRS_PER_FILTER_WORD = 10;

    private final long[] table;
    private final int mask;
    private final int slotShift;
    private final long[] filter;
    private final int filterShift;
    /// Null if each merge makes the id that is its rank.
    private int @Nullable [] ids;

    PairTable(int pairs) {
        this(pairs, false);
    }

    /// `ranksAreIds` says that each merge makes the id that is its rank.
    PairTable(int pairs, boolean ranksAreIds) {
        int slots = Integer.highestOneBit(Math.max(8, pairs + (pairs >> 1)) * 2 - 1);
        table = new long[slots];
        Arrays.fill(table, EMPTY);
        mask = slots - 1;
        slotShift = Integer.numberOfLeadingZeros(mask) + Integer.SIZE;
        filter = new long[Integer.highestOneBit(Math.max(8, pairs / PAIRS_PER_FILTER_WORD) * 2 - 1)];
        filterShift = Integer.numberOfLeadingZeros(filter.length - 1) + Integer.SIZE;
        ids = ranksAreIds ? null : new int[Math.max(1, pairs)];
    }

    /// A later merge of the same pair replaces the earlier.
    void put(int left, int right, int rank, int id) {
        if (left >= IDS_MAX || right >= IDS_MAX || rank >= RANKS_MAX) {
            throw new IllegalArgumentException("merge: " + left + " " + right + ", rank " + rank
                    + " (expected: ids below " + IDS_MAX + " and a rank below " + RANKS_MAX + ")");
        }
        long key = key(left, right);
        long hash = hash(key);
        int slot = (int) (hash >>> slotShift);
        while (table[slot] != EMPTY && table[slot] >>> RANK_BITS != key) {
            slot = (slot + 1) & mask;
        }
        table[slot] = key << RANK_BITS | rank;
        filter[(int) (hash >>> filterShift)] |= filterBits(hash);
        if (ids != null) {
            if (rank >= ids.length) {
                ids = Arrays.copyOf(ids, Math.max(rank + 1, 2 * ids.length));
            }
            ids[rank] = id;
        }
    }

    /// Lowest rank of the merges that use each id below `ids`; [#RANKS_MAX] if there is none.
    int[] firstUses(int ids) {
        int[] first = new int[ids];
        Arrays.fill(first, RANKS_MAX);
        for (long slot : table) {
            if (slot != EMPTY) {
                int rank = (int) slot & RANK_MASK;
                int left = (int) (slot >>> (ID_BITS + RANK_BITS));
                int right = (int) (slot >>> RANK_BITS) & IDS_MAX;
                first[left] = Math.min(first[left], rank);
                first[right] = Math.min(first[right], rank);
            }
        }
        return first;
    }

    /// `rank << 32 | id`, or [#NONE].
    long get(int left, int right) {
        int rank = rank(left, right);
        return rank == NO_RANK ? NONE : (long) rank << 32 | id(rank);
    }

    /// The rank of a pair, or [#NO_RANK].
    int rank(int left, int right) {
        long key = key(left, right);
        long hash = hash(key);
        long bits = filterBits(hash);
        return (filter[(int) (hash >>> filterShift)] & bits) == bits ? find(key, hash) : NO_RANK;
    }

    /// The same, faster if the pair merges.
    int likelyRank(int left, int right) {
        long key = key(left, right);
        return find(key, hash(key));
    }

    /// The id the merge of a rank makes.
    int id(int rank) {
        return ids == null ? rank : ids[rank];
    }

    private int find(long key, long hash) {
        int slot = (int) (hash >>> slotShift);
        while (true) {
            long found = table[slot];
            if (found >>> RANK_BITS == key) {
                return (int) found & RANK_MASK;
            }
            if (found == EMPTY) {
                return NO_RANK;
            }
            slot = (slot + 1) & mask;
        }
    }

    private static long key(int left, int right) {
        return (long) left << ID_BITS | right;
    }

    private static long hash(long key) {
        return Mix.mix(key);
    }

    private static long filterBits(long hash) {
        return 1L << hash | 1L << (hash >>> 6);
    }
}
