package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.LETTER;
import static io.kvepp.preprocess.tokenizer.CharClasses.LINE_END;
import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;

/// The split of cl100k and its relatives (Llama 3, Qwen 2 to 3): they differ in how many digits
/// stay together.
///
/// Immutable, thread-safe.
final class Cl100kSplitter implements Splitter {
    private static final int NO_WORD_PREFIX = LETTER | NUMBER | LINE_END;
    private static final int WORDS = LETTER | NUMBER | SPACE;

    private final int digitsMax;

    Cl100kSplitter(int digitsMax) {
        this.digitsMax = digitsMax;
    }

    /// The pattern text with `numbers` as its alternative for numbers.
    static String pattern(String numbers) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + numbers
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

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
        return new Cl100kStarts(digitsMax);
    }

    private int next(char[] text, int at, int end) {
        int classes = CharClasses.at(text, at);
        if ((classes & LETTER) != 0) {
            return CharClasses.endOfRun(text, at, end, LETTER);
        }
        if ((classes & NUMBER) != 0) {
            return endOfDigits(text, at, end);
        }
        int contraction = Contractions.endIgnoringCase(text, at, end);
        if (contraction > at) {
            return contraction;
        }
        int second = at + CharClasses.width(text, at);
        int classesOfSecond = second < end ? CharClasses.at(text, second) : SPACE;
        if ((classes & NO_WORD_PREFIX) == 0 && (classesOfSecond & LETTER) != 0) {
            return CharClasses.endOfRun(text, second, end, LETTER);
        }
        boolean symbols = (classes & SPACE) == 0 || (text[at] == ' ' && (classesOfSecond & WORDS) == 0);
        return symbols ? endOfSymbols(text, second, end) : Whitespace.endOfLinesOrRun(text, at, end);
    }

    private int endOfDigits(char[] text, int at, int end) {
        int i = at;
        for (int digits = 0; digits < digitsMax && i < end && (CharClasses.at(text, i) & NUMBER) != 0; digits++) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private static int endOfSymbols(char[] text, int at, int end) {
        int symbols = CharClasses.endOfRunWithout(text, at, end, WORDS);
        return CharClasses.endOfRun(text, symbols, end, LINE_END);
    }
}
