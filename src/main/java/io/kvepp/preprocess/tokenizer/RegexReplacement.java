package io.kvepp.preprocess.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes `content` for every match of a pattern that matches no empty text.
///
/// Immutable, thread-safe.
final class RegexReplacement implements TextNormalizer {
    private final Pattern pattern;
    private final String content;

    RegexReplacement(Pattern pattern, String content) {
        this.pattern = pattern;
        this.content = Matcher.quoteReplacement(content);
    }

    @Override
    public String normalize(String text) {
        return pattern.matcher(text).replaceAll(content);
    }
}
