package io.kvepp.preprocess.tokenizer;

/// What merging needs to know of a model.
///
/// Immutable, thread-safe.
///
/// @param idOfByte id of each byte's token, or -1: such a byte vanishes
/// @param merges the merges by pair
/// @param wholePieces tokens that a piece of exactly their bytes becomes
/// @param cuts where a piece may be cut
record BytePairModel(int[] idOfByte, PairTable merges, WholePieces wholePieces, CharacterCuts cuts) {
    private static final int VANISHES = -1;

    /// Writes one id per byte to `out` and returns how many.
    int symbols(byte[] bytes, int from, int length, int[] out) {
        int count = 0;
        for (int i = from; i < from + length; i++) {
            int id = idOfByte[bytes[i] & 0xFF];
            if (id != VANISHES) {
                out[count++] = id;
            }
        }
        return count;
    }
}
