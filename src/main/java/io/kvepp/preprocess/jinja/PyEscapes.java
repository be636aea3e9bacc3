package io.kvepp.preprocess.jinja;

/// Decodes the backslash escapes of Python's string literals. An escape it does not know stays as
/// written; names of characters are looked up. Surrogates are refused: no text has them.
final class PyEscapes {
    private PyEscapes() {}

    static String decode(String raw, int line) throws JinjaSyntaxException {
        StringBuilder out = new StringBuilder(raw.length());
        int at = 0;
        while (at < raw.length()) {
            char c = raw.charAt(at++);
            if (c != '\\' || at == raw.length()) {
                out.append(c);
                continue;
            }
            char escape = raw.charAt(at++);
            switch (escape) {
                case '\n' -> {}
                case '"', '\\', '\'' -> out.append(escape);
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000b');
                case 'x' -> at = hex(raw, at, 2, out, line);
                case 'u' -> at = hex(raw, at, 4, out, line);
                case 'U' -> at = hex(raw, at, 8, out, line);
                case 'N' -> at = named(raw, at, out, line);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> at = octal(raw, at - 1, out);
                default -> out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private static int hex(String raw, int from, int digits, StringBuilder out, int line) throws JinjaSyntaxException {
        long value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < raw.length() && raw.charAt(i) < 0x80 ? Character.digit(raw.charAt(i), 16) : -1;
            if (digit < 0) {
                throw bad(line);
            }
            value = value * 16 + digit;
        }
        boolean surrogate = value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE;
        if (value > Character.MAX_CODE_POINT || surrogate) {
            throw bad(line);
        }
        out.appendCodePoint((int) value);
        return from + digits;
    }

    private static int named(String raw, int from, StringBuilder out, int line) throws JinjaSyntaxException {
        int end = raw.indexOf('}', from);
        if (end < 0 || !raw.startsWith("{", from)) {
            throw bad(line);
        }
        try {
            out.appendCodePoint(Character.codePointOf(raw.substring(from + 1, end)));
        } catch (IllegalArgumentException e) {
            throw bad(line);
        }
        return end + 1;
    }

    private static int octal(String raw, int from, StringBuilder out) {
        int value = 0;
        int at = from;
        while (at < raw.length() && at < from + 3 && raw.charAt(at) >= '0' && raw.charAt(at) <= '7') {
            value = value * 8 + raw.charAt(at++) - '0';
        }
        out.append((char) value);
        return at;
    }

    private static JinjaSyntaxException bad(int line) {
        return new JinjaSyntaxException(line, "bad string escape");
    }
}
