package io.kvepp.preprocess.tokenizer;

/// Where the pieces of a split pattern start, as algebra over [CharPlanes].
///
/// The characters of the planes start with a piece. Nothing behind the last character is looked at.
///
/// Immutable, thread-safe.
interface StartRules {
    /// Sets in `starts` the bit of each character a piece starts with, and in `contractions` that of
    /// each quote which starts a piece and stands before a letter; of a piece that is a contraction
    /// it does not know the end. The last starts may be wrong if white space ends the planes and the
    /// text does not: those behind the first character of that white space.
    void find(CharPlanes planes, long[] starts, long[] contractions);

    /// Bytes of the contraction that starts with the quote at `text[at]`, 0 if there is none.
    int contraction(byte[] text, int at, int end);
}
