package io.kvepp.preprocess;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.worker.card.Renderer;
import java.time.Duration;
import java.util.Locale;

/// How models are loaded.
///
/// - `retryAfter`: how long after a failure to read its files a model is tried again
/// - `nativeTokenizer`: whether a tokenizer that has no code here runs in Hugging Face's native
///   library, in this process
/// - `renderer`: whose rules turn chats into text
///
/// Immutable.
public record PreprocessConfig(Duration retryAfter, boolean nativeTokenizer, Renderer renderer) {
    private static final Duration RETRY_AFTER_DEFAULT = Duration.ofSeconds(10);

    public PreprocessConfig {
        ConfigurationException.check(retryAfter.isPositive(), "model-load-retry", retryAfter, "> 0");
    }

    public static PreprocessConfig from(Options options) {
        return new PreprocessConfig(
                options.option("model-load-retry", "pause before a model whose files could not be read is tried again")
                        .duration(RETRY_AFTER_DEFAULT),
                options.option(
                                "native-tokenizer",
                                "run tokenizers that have no code here, Unigram and WordPiece for instance, in Hugging "
                                        + "Face's native library; a panic in it would end the process")
                        .flag(false),
                Renderer.valueOf(options.option(
                                "renderer",
                                "whose chat prompts: minijinja = the Dynamo frontend's, transformers = engines' that"
                                        + " render chats themselves")
                        .choice("minijinja", "minijinja", "transformers")
                        .toUpperCase(Locale.ROOT)));
    }
}
