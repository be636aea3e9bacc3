package io.kvepp.preprocess.tokenizer;

/// What a piece starts as when it is merged, for a model in which no byte of UTF-8 vanishes.
///
/// Immutable, thread-safe; the arrays must not be changed.
///
/// @param ids the token of each byte, -1 for one that no text has
/// @param ranks rank of the merge of a byte (times 256) and the next one, or [PairTable#NO_RANK]
record ByteStarts(int[] ids, int[] ranks) {
    private static final int BYTES = 256;

    static ByteStarts of(int[] ids, PairTable merges) {
        int[] ranks = new int[BYTES * BYTES];
        for (int i = 0; i < ranks.length; i++) {
            int left = ids[i / BYTES];
            int right = ids[i % BYTES];
            ranks[i] = left < 0 || right < 0 ? PairTable.NO_RANK : merges.rank(left, right);
        }
        return new ByteStarts(ids, ranks);
    }
}
