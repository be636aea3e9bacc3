package io.kvepp.preprocess.tokenizer;

/// English contractions, which split patterns keep apart from the word before: 's 't 're 've 'm 'll
/// 'd.
final class Contractions {
    private static final char LONG_S = '\u017F';
    private static final int LONG_S_FIRST = 0xC5;
    private static final int LONG_S_SECOND = 0xBF;

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

    /// Bytes of the lower-case contraction that the quote at `text[at]` starts, or 0.
    static int length(byte[] text, int at, int end) {
        char second = at + 2 < end ? (char) (text[at + 2] & 0xFF) : 0;
        return at + 1 < end ? length((char) (text[at + 1] & 0xFF), second) : 0;
    }

    /// As [#length(byte[], int, int)] but in any case; the long s counts as an s.
    static int lengthIgnoringCase(byte[] text, int at, int end) {
        char first = at + 1 < end ? (char) (text[at + 1] & 0xFF) : 0;
        char second = at + 2 < end ? (char) (text[at + 2] & 0xFF) : 0;
        return first == LONG_S_FIRST && second == LONG_S_SECOND ? 3 : length(lower(first), lower(second));
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
