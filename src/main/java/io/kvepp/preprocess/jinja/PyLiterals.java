package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// Reads numbers out of text as Python's `int` and `float` do.
final class PyLiterals {
    private static final int CHARS_MAX = 4300;

    private PyLiterals() {}

    /// Null when the text is no integer of that base; base 0 is told by the text.
    static @Nullable BigInteger integer(String text, int base) {
        String literal = digits(Texts.strip(text, null, true, true));
        boolean negative = literal.startsWith("-");
        String rest = negative || literal.startsWith("+") ? literal.substring(1) : literal;
        int radix = base;
        int told = prefixBase(rest);
        if (told != 0 && (base == 0 || base == told)) {
            radix = told;
            rest = rest.substring(2).startsWith("_") ? rest.substring(3) : rest.substring(2);
        } else if (base == 0) {
            radix = 10;
        }
        boolean leadingZero = base == 0 && told == 0 && rest.length() > 1 && rest.startsWith("0");
        if (radix < 2 || radix > Character.MAX_RADIX || leadingZero || !isGrouped(rest, radix)) {
            return null;
        }
        BigInteger number = new BigInteger(rest.replace("_", ""), radix);
        return negative ? number.negate() : number;
    }

    private static int prefixBase(String text) {
        if (text.length() < 3 || text.charAt(0) != '0') {
            return 0;
        }
        return switch (text.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 0;
        };
    }

    /// Digits of the base, with single underscores between them.
    private static boolean isGrouped(String text, int radix) {
        boolean digit = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean now = c < 0x80 && Character.digit(c, radix) >= 0;
            if (!now && (c != '_' || !digit)) {
                return false;
            }
            digit = now;
        }
        return digit && text.length() <= CHARS_MAX;
    }

    /// Null when the text is no float.
    static @Nullable Double floating(String text) {
        String literal = digits(Texts.strip(text, null, true, true));
        boolean negative = literal.startsWith("-");
        String rest = negative || literal.startsWith("+") ? literal.substring(1) : literal;
        if (rest.equalsIgnoreCase("nan")) {
            return Double.NaN;
        }
        if (rest.equalsIgnoreCase("inf") || rest.equalsIgnoreCase("infinity")) {
            return negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return isDecimal(rest) ? (Double) Double.parseDouble(literal.replace("_", "")) : null;
    }

    private static boolean isDecimal(String text) {
        int at = groupEnd(text, 0);
        boolean digits = at > 0;
        if (at < text.length() && text.charAt(at) == '.') {
            int end = groupEnd(text, at + 1);
            digits |= end > at + 1;
            at = end;
        }
        if (digits && at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
                at++;
            }
            int end = groupEnd(text, at);
            digits = end > at;
            at = end;
        }
        return digits && at == text.length() && text.length() <= CHARS_MAX;
    }

    /// Where the digits that begin at `from` end, underscores between them included.
    private static int groupEnd(String text, int from) {
        int at = from;
        while (at < text.length() && (isDigit(text, at) || isJoint(text, at))) {
            at++;
        }
        return at;
    }

    private static boolean isJoint(String text, int at) {
        return text.charAt(at) == '_'
                && at > 0
                && isDigit(text, at - 1)
                && at + 1 < text.length()
                && isDigit(text, at + 1);
    }

    private static boolean isDigit(String text, int at) {
        return text.charAt(at) >= '0' && text.charAt(at) <= '9';
    }

    /// The text with the decimal digits of all scripts as ASCII.
    private static String digits(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(PyChars.isDecimal(c) ? '0' + Character.digit(c, 10) : c));
        return out.toString();
    }
}
