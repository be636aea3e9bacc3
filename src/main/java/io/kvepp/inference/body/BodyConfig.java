package io.kvepp.inference.body;

import io.kvepp.config.Options;
import java.util.Locale;
import java.util.Set;

/// Which of the frontend's own options change how it reads bodies.
///
/// - `ignoresUnknownFields`: fields that no API knows are dropped instead of refused
/// - `stripsAnthropicPreamble`: the billing line of a coding agent is taken off system prompts
/// - `dropsExtension`: of `nvext` nothing counts but its salt
/// - `framesEmbeddings`: a model's special tokens are put around texts to embed unless the client
///   says otherwise
///
/// Immutable.
public record BodyConfig(
        boolean ignoresUnknownFields,
        boolean stripsAnthropicPreamble,
        boolean dropsExtension,
        boolean framesEmbeddings) {
    private static final Set<String> ON = Set.of("1", "true", "on", "yes");
    private static final Set<String> OFF = Set.of("0", "false", "off", "no");

    public static BodyConfig from(Options options) {
        return new BodyConfig(
                options.option("ignore-unknown-fields", "the frontends drop fields they do not know")
                        .env("DYN_IGNORE_OPENAI_FE_UNSUPPORTED_FIELDS", BodyConfig::flag)
                        .flag(false),
                options.option("strip-anthropic-preamble", "the frontends take the billing line off system prompts")
                        .env("DYN_STRIP_ANTHROPIC_PREAMBLE", BodyConfig::flag)
                        .flag(true),
                options.option("ignore-nvext", "the frontends drop nvext, all but its cache_salt")
                        .env("DYN_DISABLE_FRONTEND_NVEXT", BodyConfig::flag)
                        .flag(false),
                options.option(
                                "embedding-special-tokens",
                                "the frontends put a model's special tokens around texts to embed")
                        .env("DYN_EMBEDDING_TOKENIZATION_ADD_SPECIAL_TOKENS", BodyConfig::strictFlag)
                        .flag(true));
    }

    /// Of this variable the frontend takes no other words.
    private static String strictFlag(String word) {
        return OFF.contains(word.strip().toLowerCase(Locale.ROOT)) || Boolean.parseBoolean(flag(word))
                ? flag(word)
                : word;
    }

    /// Dynamo's variables are on for a few words and off for all others.
    private static String flag(String word) {
        return Boolean.toString(ON.contains(word.strip().toLowerCase(Locale.ROOT)));
    }
}
