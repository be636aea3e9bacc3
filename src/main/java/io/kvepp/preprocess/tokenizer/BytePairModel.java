package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// What merging needs to know of a model.
///
/// Immutable, thread-safe.
///
/// @param idOfByte id of each byte's token, or -1: such a byte vanishes
/// @param merges the merges by pair
/// @param wholePieces tokens that a piece of exactly their bytes becomes
/// @param starts how merging starts if no byte vanishes, else null
/// @param characters how merging starts where it may start from characters, else null
record BytePairModel(
        int[] idOfByte,
        PairTable merges,
        WholePieces wholePieces,
        @Nullable ByteStarts starts,
        @Nullable CharacterTokens characters) {
    private static final int VANISHES = -1;

    /// Merges a piece to `symbols`, which has room for one per byte, and returns how many are left.
    int merge(MergeEngine engine, byte[] text, int from, int length, int[] symbols) {
        if (starts != null) {
            return engine.mergeBytes(starts, text, from, length, symbols);
        }
        int count = 0;
        for (int i = from; i < from + length; i++) {
            int id = idOfByte[text[i] & 0xFF];
            if (id != VANISHES) {
                symbols[count++] = id;
            }
        }
        return engine.merge(symbols, count);
    }
}
