package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.LETTER;
import static io.kvepp.preprocess.tokenizer.CharClasses.LINE_END;
import static io.kvepp.preprocess.tokenizer.CharClasses.LOWER_LIKE;
import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;
import static io.kvepp.preprocess.tokenizer.CharClasses.UPPER_LIKE;

/// What the splits of o200k and of Kimi K2 have in common: words end where the case rises, and take
/// their contraction along; up to three digits stay together.
///
/// Immutable, thread-safe.
abstract class CasedSplitter implements Splitter {
    private static final int NO_WORD_PREFIX = LETTER | NUMBER | LINE_END;
    private static final int WORDS = LETTER | NUMBER | SPACE;
    private static final int DIGITS_MAX = 3;

    /// Classes of the code point at `text[i]`, but no letter's if it may not be in a word.
    abstract int wordClasses(char[] text, int i);

    /// End of a piece that comes before all others, or `at`.
    abstract int endOfFirst(char[] text, int at, int end);

    /// Whether a char may follow the symbols of a piece.
    abstract boolean endsSymbols(char c);

    @Override
    public final void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int next = next(text, at, end);
            sink.piece(text, at, next);
            at = next;
        }
    }

    private int next(char[] text, int at, int end) {
        int first = endOfFirst(text, at, end);
        if (first > at) {
            return first;
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
        return symbols ? endOfSymbols(text, second, end) : Whitespace.endOfLinesOrRun(text, at, end);
    }

    /// The alternatives in the order of the pattern; `at` if none matches.
    private int endOfWord(char[] text, int at, int end, int classes) {
        int second = (classes & NO_WORD_PREFIX) == 0 ? at + CharClasses.width(text, at) : at;
        int lower = endOfLowerWord(text, second, end);
        if (lower > second) {
            return lower;
        }
        lower = endOfLowerWord(text, at, end);
        if (lower > at) {
            return lower;
        }
        int upper = endOfRun(text, second, end, UPPER_LIKE);
        return upper > second ? upper : at;
    }

    /// `UPPER_LIKE* LOWER_LIKE+` with its backtracking: when no lower-case letter follows the run,
    /// the word ends behind the last code point of the run that is both.
    private int endOfLowerWord(char[] text, int at, int end) {
        int upper = at;
        int lastBoth = at;
        while (upper < end) {
            int classes = wordClasses(text, upper);
            if ((classes & UPPER_LIKE) == 0) {
                break;
            }
            upper += CharClasses.width(text, upper);
            if ((classes & LOWER_LIKE) != 0) {
                lastBoth = upper;
            }
        }
        int lower = endOfRun(text, upper, end, LOWER_LIKE);
        return lower > upper ? lower : lastBoth;
    }

    private int endOfRun(char[] text, int start, int end, int classes) {
        int i = start;
        while (i < end && (wordClasses(text, i) & classes) != 0) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private static int endOfDigits(char[] text, int at, int end) {
        int i = at;
        for (int digits = 0; digits < DIGITS_MAX && i < end && (CharClasses.at(text, i) & NUMBER) != 0; digits++) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private int endOfSymbols(char[] text, int at, int end) {
        int i = CharClasses.endOfRunWithout(text, at, end, WORDS);
        while (i < end && endsSymbols(text[i])) {
            i++;
        }
        return i;
    }
}
