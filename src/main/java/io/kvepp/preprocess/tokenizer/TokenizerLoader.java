package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// Builds a [Tokenizer] from a model's files. Accepts byte-level BPE only.
///
/// Thread-safe.
public final class TokenizerLoader {
    private TokenizerLoader() {}

    /// `tokenizerConfigJson` holds the bytes of `tokenizer_config.json`, or is null. Its
    /// `added_tokens_decoder` entries with `special: true` that `tokenizer.json` lacks are added:
    /// with their vocabulary id if they have one, else with the next free id (the declared id is
    /// ignored, as the Dynamo frontend does). `truncation`, `padding` and `post_processor` are
    /// ignored.
    public static Tokenizer load(byte[] tokenizerJson, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        throw UnsupportedTokenizerException.of("tokenizer.json", tokenizerJson.length + " bytes", "nothing yet");
    }
}
