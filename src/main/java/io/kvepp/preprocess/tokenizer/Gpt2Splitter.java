package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.LETTER;
import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;

/// The split of GPT-2, which is also what `ByteLevel` does with `use_regex`.
///
/// Immutable, thread-safe.
final class Gpt2Splitter implements Splitter {
    static final String PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final int WORDS = LETTER | NUMBER | SPACE;

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int next = next(text, at, end);
            sink.piece(text, at, next);
            at = next;
        }
    }

    @Override
    public StartRules starts() {
        return new Gpt2Starts();
    }

    private static int next(char[] text, int at, int end) {
        int contraction = Contractions.end(text, at, end);
        if (contraction > at) {
            return contraction;
        }
        int word = text[at] == ' ' && at + 1 < end ? at + 1 : at;
        int classes = CharClasses.at(text, word);
        if ((classes & SPACE) != 0) {
            return Whitespace.endOfRun(text, at, end);
        }
        return (classes & WORDS) == 0
                ? CharClasses.endOfRunWithout(text, word, end, WORDS)
                : CharClasses.endOfRun(text, word, end, classes & WORDS);
    }
}
