package io.kvepp.preprocess.tokenizer;

/// How often what a tokenizer had done before could be used again, since it was loaded.
///
/// Immutable.
///
/// @param charsFound characters of segments whose ids were known
/// @param charsMissed characters of segments that had to be tokenized
/// @param pieces pieces of those
/// @param piecesMissed pieces that were not where pieces seen lately are
public record CacheUse(long charsFound, long charsMissed, long pieces, long piecesMissed) {
    public static final CacheUse NONE = new CacheUse(0, 0, 0, 0);

    public CacheUse plus(CacheUse other) {
        return new CacheUse(
                charsFound + other.charsFound,
                charsMissed + other.charsMissed,
                pieces + other.pieces,
                piecesMissed + other.piecesMissed);
    }
}
