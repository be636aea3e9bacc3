package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;

/// How split patterns cut white space that no other alternative took.
final class Whitespace {
    private Whitespace() {}

    /// `\s+(?!\S)|\s+`: all but the last space before a word, all of it at the end of the text.
    static int endOfRun(char[] text, int at, int end) {
        int run = CharClasses.endOfRun(text, at, end, SPACE);
        return run == end || run == at + 1 ? run : run - 1;
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line end of the run if it has one.
    static int endOfLinesOrRun(char[] text, int at, int end) {
        int run = CharClasses.endOfRun(text, at, end, SPACE);
        for (int i = run; i > at; i--) {
            if (text[i - 1] == '\n' || text[i - 1] == '\r') {
                return i;
            }
        }
        return run == end || run == at + 1 ? run : run - 1;
    }
}
