package io.kvepp.preprocess.tokenizer;

/// Rewrites text before it is split.
///
/// Thread-safe.
@FunctionalInterface
interface TextNormalizer {
    TextNormalizer NONE = new TextNormalizer() {
        @Override
        public String normalize(String text) {
            return text;
        }

        @Override
        public boolean surelyKeeps(char[] text, int length) {
            return true;
        }
    };

    String normalize(String text);

    /// Whether it is plain that [#normalize] does not change the text; false if it is not.
    default boolean surelyKeeps(char[] text, int length) {
        return false;
    }

    default TextNormalizer then(TextNormalizer next) {
        TextNormalizer first = this;
        return new TextNormalizer() {
            @Override
            public String normalize(String text) {
                return next.normalize(first.normalize(text));
            }

            @Override
            public boolean surelyKeeps(char[] text, int length) {
                return first.surelyKeeps(text, length) && next.surelyKeeps(text, length);
            }
        };
    }
}
