package io.kvepp.preprocess.tokenizer;

/// Which code points stand beside each other where two tokens merge. Where two others meet, no
/// merge reaches across, and the text may be cut without changing a token.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class AdjacentCharacters {
    /*
     * One bit per hash: a collision makes [#mayMerge] true where false would do, which costs a cut and changes
     * nothing else.
     */
    private static final int BITS_PER_PAIR = 8;
    private static final int BITS_MIN = 1 << 10;
    private static final int BITS_MAX = 1 << 22;

    private final long[] bits;
    private final int mask;

    AdjacentCharacters(int pairs) {
        long wanted = Math.clamp((long) pairs * BITS_PER_PAIR, BITS_MIN, BITS_MAX);
        int size = Integer.highestOneBit((int) wanted);
        bits = new long[size >>> 6];
        mask = size - 1;
    }

    static AdjacentCharacters of(TokenizerFile file) {
        AdjacentCharacters pairs = new AdjacentCharacters(file.mergeCount());
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            String left = file.mergeLeft(rank);
            String right = file.mergeRight(rank);
            if (!left.isEmpty() && !right.isEmpty()) {
                pairs.add(left.codePointBefore(left.length()), right.codePointAt(0));
            }
        }
        return pairs;
    }

    void add(int left, int right) {
        int bit = bit(left, right);
        bits[bit >>> 6] |= 1L << bit;
    }

    boolean mayMerge(int left, int right) {
        int bit = bit(left, right);
        return (bits[bit >>> 6] & (1L << bit)) != 0;
    }

    private int bit(int left, int right) {
        return (int) (Mix.mix(((long) left << 32) | right) >>> 32) & mask;
    }
}
