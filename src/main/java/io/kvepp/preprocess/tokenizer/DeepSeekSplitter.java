package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.LETTER;
import static io.kvepp.preprocess.tokenizer.CharClasses.LINE_END;
import static io.kvepp.preprocess.tokenizer.CharClasses.LOWER_LIKE;
import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;
import static io.kvepp.preprocess.tokenizer.CharClasses.SYMBOL;
import static io.kvepp.preprocess.tokenizer.CharClasses.UPPER_LIKE;

import java.util.List;

/// The three splits of DeepSeek V3 in one pass: digits in threes, then runs of Chinese characters
/// and kana, then words, symbols and white space. Each split sees only a piece of the one before,
/// so a number or a Chinese run ends the text for what stands before it.
///
/// Immutable, thread-safe.
final class DeepSeekSplitter implements Splitter {
    static final List<String> PATTERNS = List.of(
            "\\p{N}{1,3}",
            "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                    + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                    + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+");

    private static final int DIGITS_MAX = 3;
    private static final int WORD = LETTER | UPPER_LIKE | LOWER_LIKE;
    private static final int NO_WORD_PREFIX = WORD | SYMBOL | LINE_END;

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        int at = start;
        while (at < end) {
            int next;
            if ((CharClasses.at(text, at) & NUMBER) != 0) {
                next = endOfDigits(text, at, end);
                sink.piece(text, at, next);
            } else {
                next = endOfRun(text, at, end);
                splitRun(text, at, next, sink);
            }
            at = next;
        }
    }

    private static int endOfDigits(char[] text, int at, int end) {
        int i = at;
        for (int digits = 0; digits < DIGITS_MAX && i < end && (CharClasses.at(text, i) & NUMBER) != 0; digits++) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    /// Up to the next number, and either Chinese and kana only or nothing of them.
    private static int endOfRun(char[] text, int at, int end) {
        boolean chinese = isChinese(text[at]);
        int i = at;
        while (i < end && isChinese(text[i]) == chinese && (CharClasses.at(text, i) & NUMBER) == 0) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private static boolean isChinese(char c) {
        return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
    }

    /// Matches of the third pattern are pieces, and so is what lies between two of them.
    private static void splitRun(char[] text, int start, int end, PieceSink sink) {
        int done = start;
        int at = start;
        while (at < end) {
            int next = endOfMatch(text, at, end);
            if (next == at) {
                at += CharClasses.width(text, at);
                continue;
            }
            if (done < at) {
                sink.piece(text, done, at);
            }
            sink.piece(text, at, next);
            done = next;
            at = next;
        }
        if (done < end) {
            sink.piece(text, done, end);
        }
    }

    /// End of the match that starts at `at`, or `at`.
    private static int endOfMatch(char[] text, int at, int end) {
        int classes = CharClasses.at(text, at);
        if ((classes & WORD) != 0) {
            return CharClasses.endOfRun(text, at, end, WORD);
        }
        int second = at + CharClasses.width(text, at);
        if (second < end) {
            if (isAsciiSymbol(text[at]) && isAsciiLetter(text[second])) {
                return endOfAsciiLetters(text, second, end);
            }
            if ((classes & NO_WORD_PREFIX) == 0 && (CharClasses.at(text, second) & WORD) != 0) {
                return CharClasses.endOfRun(text, second, end, WORD);
            }
        }
        int symbols = text[at] == ' ' ? second : at;
        if (symbols < end && (CharClasses.at(text, symbols) & SYMBOL) != 0) {
            int lineEnds = CharClasses.endOfRun(text, symbols, end, SYMBOL);
            return CharClasses.endOfRun(text, lineEnds, end, LINE_END);
        }
        return (classes & SPACE) != 0 ? Whitespace.endOfLinesOrRun(text, at, end) : at;
    }

    private static int endOfAsciiLetters(char[] text, int at, int end) {
        int i = at;
        while (i < end && isAsciiLetter(text[i])) {
            i++;
        }
        return i;
    }

    private static boolean isAsciiSymbol(char c) {
        return c < 0x80 && (CharClasses.ofCodePoint(c) & SYMBOL) != 0;
    }

    private static boolean isAsciiLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
