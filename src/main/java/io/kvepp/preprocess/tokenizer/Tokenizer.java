package io.kvepp.preprocess.tokenizer;

/// Turns text into the token ids the model was trained on.
///
/// - [#encode] adds no special token (no BOS, no EOS); added and special tokens written in the text
///   are recognised wherever they stand, as Hugging Face tokenizers does.
/// - The ids depend on the text alone, never on what was encoded before.
/// - Nothing is truncated or padded. U+0000 is text like any other: dropping it is the caller's
///   business.
/// - A lone surrogate counts as U+FFFD.
///
/// Source: Hugging Face tokenizers 0.21.4, `encode(text, add_special_tokens = false)`.
///
/// Thread-safe.
public interface Tokenizer {
    /// The array is shared with a cache: it must not be changed.
    int[] encode(String text);

    /// The ids with the special tokens the post-processor puts around them, BOS and EOS for
    /// instance: `encode(text, add_special_tokens = true)`.
    int[] encodeFramed(String text);

    /// How many tokens the text has at the least, told by its length alone.
    default int tokensMin(String text) {
        return 0;
    }

    /// What its caches were good for; zeros if it has none.
    default CacheUse cacheUse() {
        return CacheUse.NONE;
    }

    /// Largest token id plus one, added tokens included.
    int vocabularySize();
}
