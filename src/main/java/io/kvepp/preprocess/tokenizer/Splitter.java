package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// Cuts text into pieces that are tokenized apart from each other.
///
/// Thread-safe.
interface Splitter {
    /// Text is free of lone surrogates; no piece is empty.
    void split(char[] text, int start, int end, PieceSink sink);

    /// The same cuts as rules for [PieceFinder], or null.
    default @Nullable StartRules starts() {
        return null;
    }
}
