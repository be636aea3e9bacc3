package io.kvepp.preprocess;

import io.kvepp.preprocess.tokenizer.Tokenizer;

/// Makes an id of each character, so that a test sees the text. A text is framed by `^` and `$`.
///
/// Immutable.
record CharacterTokenizer() implements Tokenizer {
    @Override
    public int[] encode(String text) {
        return text.codePoints().toArray();
    }

    @Override
    public int[] encodeFramed(String text) {
        return encode("^" + text + "$");
    }

    @Override
    public int vocabularySize() {
        return Character.MAX_CODE_POINT + 1;
    }
}
