package io.kvepp.preprocess.jinja;

/// Reads a format string.
///
/// Confined to one call.
final class FormatCursor {
    private final String pattern;
    private int at;

    FormatCursor(String pattern) {
        this.pattern = pattern;
    }

    boolean atEnd() {
        return at >= pattern.length();
    }

    char peek() {
        return at < pattern.length() ? pattern.charAt(at) : 0;
    }

    int codePoint() {
        return atEnd() ? 0 : pattern.codePointAt(at);
    }

    char charAfter(int codePoint) {
        int next = at + Character.charCount(codePoint);
        return next < pattern.length() ? pattern.charAt(next) : 0;
    }

    void skip(int chars) {
        at += chars;
    }

    char next() throws JinjaRenderException {
        if (atEnd()) {
            throw error("a complete conversion");
        }
        return pattern.charAt(at++);
    }

    boolean skipIf(char c) {
        if (peek() == c && !atEnd()) {
            at++;
            return true;
        }
        return false;
    }

    /// The number here, or -1 when there is none.
    int number() throws JinjaRenderException {
        if (peek() < '0' || peek() > '9') {
            return -1;
        }
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = value * 10 + (pattern.charAt(at++) - '0');
            if (value > ValueFormat.COLUMNS_MAX) {
                throw tooWide();
            }
        }
        return value;
    }

    String identifier() {
        int end = Lexer.identifierEnd(pattern, at);
        String name = pattern.substring(at, end);
        at = end;
        return name;
    }

    /// The text up to `close`, which is skipped.
    String until(char close) throws JinjaRenderException {
        int end = pattern.indexOf(close, at);
        if (end < 0) {
            throw error("'" + close + "'");
        }
        String text = pattern.substring(at, end);
        at = end + 1;
        return text;
    }

    static JinjaRenderException tooWide() {
        return JinjaRenderException.limit("format: a width above " + ValueFormat.COLUMNS_MAX);
    }

    JinjaRenderException error(String expected) {
        return new JinjaRenderException("format: character " + at + " (expected: " + expected + ")");
    }
}
