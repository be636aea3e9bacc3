package io.kvepp.preprocess.jinja;

/// Decodes the backslash escapes of string literals. An escape it does not know stays as written.
final class Escapes {
    private Escapes() {}

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
                case '"', '\\', '/', '\'' -> out.append(escape);
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'x' -> {
                    out.append(hex(raw, at, 2, line));
                    at += 2;
                }
                case 'u' -> {
                    out.append(hex(raw, at, 4, line));
                    at += 4;
                }
                case '0', '1', '2', '3', '4', '5', '6', '7' -> at = octal(raw, at - 1, out, line);
                default -> out.append('\\').append(escape);
            }
        }
        checkSurrogates(out, line);
        return out.toString();
    }

    private static char hex(String raw, int from, int digits, int line) throws JinjaSyntaxException {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < raw.length() && raw.charAt(i) < 0x80 ? Character.digit(raw.charAt(i), 16) : -1;
            if (digit < 0) {
                throw bad(line);
            }
            value = value * 16 + digit;
        }
        return (char) value;
    }

    private static int octal(String raw, int from, StringBuilder out, int line) throws JinjaSyntaxException {
        int value = 0;
        int at = from;
        while (at < raw.length() && at < from + 3 && raw.charAt(at) >= '0' && raw.charAt(at) <= '7') {
            value = value * 8 + raw.charAt(at++) - '0';
        }
        if (value > 0xff) {
            throw bad(line);
        }
        out.append((char) value);
        return at;
    }

    private static void checkSurrogates(StringBuilder text, int line) throws JinjaSyntaxException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    throw bad(line);
                }
                i++;
            }
        }
    }

    private static JinjaSyntaxException bad(int line) {
        return new JinjaSyntaxException(line, "bad string escape");
    }
}
