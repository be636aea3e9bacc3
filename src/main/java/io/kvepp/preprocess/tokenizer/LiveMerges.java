package io.kvepp.preprocess.tokenizer;

import java.util.BitSet;

/// Leaves out merges that can never happen.
///
/// Confined to the loading thread.
final class LiveMerges {
    /*
     * When a merge is about to join two tokens, no token reaches across the ends of what they cover, so what happened
     * in between is what happens to these bytes alone: a merge that is not the last one of its own bytes never comes.
     * Tokenizers converted from tiktoken list every way to cut a token in two: half of the merges of Llama 3.
     *
     * If the ids of what is left grow with the rank, the ids are the ranks: a table less to look into.
     */
    private final int[] idOfByte;
    private final PairTable all;
    private int[] symbols = new int[64];
    private int[] ranks = new int[64];

    /// Every byte of UTF-8 has an id.
    LiveMerges(int[] idOfByte, PairTable all) {
        this.idOfByte = idOfByte;
        this.all = all;
    }

    /// Whether the bytes of a merge become one token by this merge.
    boolean isLive(byte[] left, byte[] right, int rank) {
        int count = left.length + right.length;
        if (left.length == 0 || right.length == 0 || !start(left, right)) {
            return false;
        }
        while (count > 1) {
            int at = indexOfLowest(count - 1);
            if (ranks[at] == Integer.MAX_VALUE) {
                return false;
            }
            if (count == 2) {
                return ranks[0] == rank;
            }
            symbols[at] = all.id(ranks[at]);
            System.arraycopy(symbols, at + 2, symbols, at + 1, count - at - 2);
            System.arraycopy(ranks, at + 1, ranks, at, count - at - 2);
            count--;
            for (int i = Math.max(0, at - 1); i <= at && i + 1 < count; i++) {
                ranks[i] = rank(i);
            }
        }
        return false;
    }

    /// False if a byte has no id: no text has it.
    private boolean start(byte[] left, byte[] right) {
        int count = left.length + right.length;
        if (symbols.length < count) {
            symbols = new int[2 * count];
            ranks = new int[2 * count];
        }
        for (int i = 0; i < count; i++) {
            byte b = i < left.length ? left[i] : right[i - left.length];
            symbols[i] = idOfByte[b & 0xFF];
            if (symbols[i] < 0) {
                return false;
            }
        }
        for (int i = 0; i + 1 < count; i++) {
            ranks[i] = rank(i);
        }
        return true;
    }

    private int rank(int i) {
        int rank = all.rank(symbols[i], symbols[i + 1]);
        return rank == PairTable.NO_RANK ? Integer.MAX_VALUE : rank;
    }

    private int indexOfLowest(int pairs) {
        int at = 0;
        for (int i = 1; i < pairs; i++) {
            if (ranks[i] < ranks[at]) {
                at = i;
            }
        }
        return at;
    }

    /// Whether the ids that merges make grow with their ranks.
    static boolean grow(PairTable merges, BitSet ranks) {
        int[] ids = ranks.stream().map(merges::id).toArray();
        for (int i = 1; i < ids.length; i++) {
            if (ids[i] <= ids[i - 1]) {
                return false;
            }
        }
        return true;
    }
}
