package io.kvepp.preprocess;

import io.kvepp.inference.Prompt.EmbeddedTexts;

/// What a model's prompts are bounded by.
///
/// - `tokenIds`: those of a client are below it
/// - `contextTokens`: the longest prompt; 0 when nobody says
///
/// Immutable.
record ModelBounds(int tokenIds, int contextTokens) {
    private static final int BYTES_PER_CHAR_MAX = 3;

    /// Whether so many tokens are more than the model takes.
    boolean areBeyondContext(int tokens) {
        return contextTokens > 0 && tokens > contextTokens;
    }

    /// Whether a text is so short that it cannot be more than the model takes.
    boolean surelyFits(String text) {
        return contextTokens == 0 || (long) BYTES_PER_CHAR_MAX * text.length() <= contextTokens;
    }

    boolean allowsTruncation(long tokens) {
        return tokens == EmbeddedTexts.TO_CONTEXT
                ? contextTokens > 0
                : tokens >= 0 && (contextTokens == 0 || tokens <= contextTokens);
    }

    String allowedTruncation() {
        return contextTokens == 0 ? ">= 0, since the model's context is unknown" : "-1 to " + contextTokens;
    }

    /// How many of `tokens` an allowed truncation leaves.
    int kept(int tokens, long truncation) {
        return (int) Math.min(tokens, truncation == EmbeddedTexts.TO_CONTEXT ? contextTokens : truncation);
    }
}
