package io.kvepp.preprocess.tokenizer;

/// A tokenizer that can also take text in which nothing is a special token: for prompts made of
/// pieces, some of which a client has written.
///
/// Source: `encode_ordinary` of tiktoken.
///
/// Thread-safe.
public interface SegmentTokenizer extends Tokenizer {
    /// The ids of a text in which what looks like an added or special token is plain text.
    int[] encodeOrdinary(String text);
}
