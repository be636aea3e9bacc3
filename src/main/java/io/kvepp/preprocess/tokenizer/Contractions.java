package io.kvepp.preprocess.tokenizer;

/// English contractions, which split patterns keep apart from the word before: 's 't 're 've 'm 'll
/// 'd.
final class Contractions {
    private static final char LONG_S = '\u017F';

    private Contractions() {}

    /// End of the lower-case contraction at `at`, or `at`.
    static int end(char[] text, int at, int end) {
        if (at + 1 >= end || text[at] != '\'') {
            return at;
        }
        char second = at + 2 < end ? text[at + 2] : 0;
        return at + length(text[at + 1], second);
    }

    /// As [#end] but in any case; the long s counts as an s.
    static int endIgnoringCase(char[] text, int at, int end) {
        if (at + 1 >= end || text[at] != '\'') {
            return at;
        }
        char first = text[at + 1] == LONG_S ? 's' : lower(text[at + 1]);
        char second = at + 2 < end ? lower(text[at + 2]) : 0;
        return at + length(first, second);
    }

    private static int length(char first, char second) {
        return switch (first) {
            case 's', 't', 'm', 'd' -> 2;
            case 'r', 'v' -> second == 'e' ? 3 : 0;
            case 'l' -> second == 'l' ? 3 : 0;
            default -> 0;
        };
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
    }
}
