package io.kvepp.inference.body;

import io.kvepp.config.Options;
import java.util.Locale;
import java.util.Set;

/// Which of the frontend's own options change how it reads bodies.
///
/// - `ignoresUnknownFields`: fields that no API knows are dropped instead of refused
/// - `stripsAnthropicPreamble`: the billing line of a coding agent is taken off system prompts
///
/// Immutable.
public record BodyConfig(boolean ignoresUnknownFields, boolean stripsAnthropicPreamble) {
    private static final Set<String> ON = Set.of("1", "true", "on", "yes");

    public static BodyConfig from(Options options) {
        return new BodyConfig(
                options.option("ignore-unknown-fields", "the frontends drop fields they do not know")
                        .env("DYN_IGNORE_OPENAI_FE_UNSUPPORTED_FIELDS", BodyConfig::flag)
                        .flag(false),
                options.option("strip-anthropic-preamble", "the frontends take the billing line off system prompts")
                        .env("DYN_STRIP_ANTHROPIC_PREAMBLE", BodyConfig::flag)
                        .flag(true));
    }

    /// Dynamo's variables are on for a few words and off for all others.
    private static String flag(String word) {
        return Boolean.toString(ON.contains(word.strip().toLowerCase(Locale.ROOT)));
    }
}
