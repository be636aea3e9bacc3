package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.LETTER;
import static io.kvepp.preprocess.tokenizer.CharClasses.LINE_END;
import static io.kvepp.preprocess.tokenizer.CharClasses.LOWER_LIKE;
import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;
import static io.kvepp.preprocess.tokenizer.CharClasses.UPPER_LIKE;

import java.lang.Character.UnicodeScript;

/// The split of Kimi K2: that of o200k, but runs of Han characters are pieces of their own.
///
/// Immutable, thread-safe.
final class KimiSplitter implements Splitter {
    static final String PATTERN = "[\\p{Han}]+"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]*"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final int NO_WORD_PREFIX = LETTER | NUMBER | LINE_END;
    private static final int WORDS = LETTER | NUMBER | SPACE;
    private static final int DIGITS_MAX = 3;
    private static final int FIRST_HAN = 0x2E80;

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int next = next(text, at, end);
            sink.piece(text, at, next);
            at = next;
        }
    }

    private static int next(char[] text, int at, int end) {
        int han = endOfHan(text, at, end);
        if (han > at) {
            return han;
        }
        int classes = CharClasses.at(text, at);
        int word = endOfWord(text, at, end, classes);
        if (word > at) {
            return Contractions.endIgnoringCase(text, word, end);
        }
        if ((classes & NUMBER) != 0) {
            return endOfDigits(text, at, end);
        }
        int second = at + CharClasses.width(text, at);
        boolean symbols = (classes & SPACE) == 0
                || (text[at] == ' ' && second < end && (CharClasses.at(text, second) & WORDS) == 0);
        if (!symbols) {
            return Whitespace.endOfLinesOrRun(text, at, end);
        }
        int lineEnds = CharClasses.endOfRunWithout(text, second, end, WORDS);
        return CharClasses.endOfRun(text, lineEnds, end, LINE_END);
    }

    private static int endOfHan(char[] text, int at, int end) {
        int i = at;
        while (i < end && isHan(text, i)) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private static boolean isHan(char[] text, int i) {
        return text[i] >= FIRST_HAN && UnicodeScript.of(Character.codePointAt(text, i)) == UnicodeScript.HAN;
    }

    /// Whether the code point has the class and is not Han.
    private static boolean is(char[] text, int i, int end, int classes) {
        return i < end && (CharClasses.at(text, i) & classes) != 0 && !isHan(text, i);
    }

    /// The alternatives in the order of the pattern; `at` if none matches.
    private static int endOfWord(char[] text, int at, int end, int classes) {
        int second = (classes & NO_WORD_PREFIX) == 0 ? at + CharClasses.width(text, at) : at;
        int lower = endOfLowerWord(text, second, end);
        if (lower > second) {
            return lower;
        }
        lower = endOfLowerWord(text, at, end);
        if (lower > at) {
            return lower;
        }
        int upper = second;
        while (is(text, upper, end, UPPER_LIKE)) {
            upper += CharClasses.width(text, upper);
        }
        return upper > second ? upper : at;
    }

    /// `UPPER_LIKE* LOWER_LIKE+` with its backtracking, as in [O200kSplitter].
    private static int endOfLowerWord(char[] text, int at, int end) {
        int upper = at;
        int lastBoth = at;
        while (is(text, upper, end, UPPER_LIKE)) {
            boolean both = (CharClasses.at(text, upper) & LOWER_LIKE) != 0;
            upper += CharClasses.width(text, upper);
            lastBoth = both ? upper : lastBoth;
        }
        int lower = upper;
        while (is(text, lower, end, LOWER_LIKE)) {
            lower += CharClasses.width(text, lower);
        }
        return lower > upper ? lower : lastBoth;
    }

    private static int endOfDigits(char[] text, int at, int end) {
        int i = at;
        for (int digits = 0; digits < DIGITS_MAX && i < end && (CharClasses.at(text, i) & NUMBER) != 0; digits++) {
            i += CharClasses.width(text, i);
        }
        return i;
    }
}
