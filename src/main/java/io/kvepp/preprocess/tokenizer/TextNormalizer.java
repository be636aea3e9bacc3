package io.kvepp.preprocess.tokenizer;

/// Rewrites text before it is split.
///
/// Thread-safe.
@FunctionalInterface
interface TextNormalizer {
    TextNormalizer NONE = text -> text;

    String normalize(String text);

    default TextNormalizer then(TextNormalizer next) {
        return text -> next.normalize(normalize(text));
    }
}
