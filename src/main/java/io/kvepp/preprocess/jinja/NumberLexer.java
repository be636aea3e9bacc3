package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.List;

/// Reads one number literal: decimal, `0x`, `0o`, `0b`, with underscores, or a float.
///
/// Confined to one compilation.
final class NumberLexer {
    private static final int LITERAL_CHARS_MAX = 1000;
    private static final int INTEGER_BITS_MAX = 128;

    private final String source;
    private final int line;
    private int at;

    NumberLexer(String source, int at, int line) {
        this.source = source;
        this.at = at;
        this.line = line;
    }

    /// Adds the token; returns where the text after it begins.
    int addTo(List<Token> tokens) throws JinjaSyntaxException {
        int radix = radix();
        if (radix != 10) {
            at += 2;
        }
        int start = at;
        boolean isFloat = radix == 10 ? decimal() : based(radix);
        String literal = source.substring(start, at);
        if (literal.endsWith("_") || literal.length() > LITERAL_CHARS_MAX) {
            throw error("number '" + literal + "' (expected: digits at its end)");
        }
        String digits = literal.replace("_", "");
        try {
            if (isFloat) {
                tokens.add(new Token(Token.Type.FLOAT, literal, (Double) Double.parseDouble(digits), line));
            } else {
                BigInteger value = new BigInteger(digits, radix);
                if (value.bitLength() > INTEGER_BITS_MAX) {
                    throw error("invalid integer (too large)");
                }
                tokens.add(new Token(Token.Type.INTEGER, literal, Values.narrow(value), line));
            }
        } catch (NumberFormatException malformed) {
            throw error("invalid number '" + literal + "'");
        }
        return at;
    }

    private int radix() {
        if (charAt(at) != '0') {
            return 10;
        }
        return switch (charAt(at + 1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 10;
        };
    }

    private boolean based(int radix) {
        while (isDigit(charAt(at)) || charAt(at) == '_' || (radix == 16 && Character.digit(charAt(at), 16) >= 0)) {
            at++;
        }
        return false;
    }

    /// Returns whether the literal is a float.
    private boolean decimal() {
        boolean fraction = false;
        boolean exponent = false;
        boolean sign = false;
        while (true) {
            char c = charAt(at);
            if (c == '.' && !fraction && !exponent) {
                boolean exponentNext = (charAt(at + 1) == 'e' || charAt(at + 1) == 'E')
                        && (isDigit(charAt(at + 2)) || charAt(at + 2) == '+' || charAt(at + 2) == '-');
                if (!exponentNext && Lexer.identifierEnd(source, at + 1) > at + 1) {
                    return false;
                }
                fraction = true;
            } else if ((c == 'e' || c == 'E') && !exponent) {
                exponent = true;
            } else if ((c == '+' || c == '-') && exponent && !sign) {
                sign = true;
            } else if (isDigit(c)) {
                sign |= exponent;
            } else if (c != '_') {
                return fraction || exponent;
            }
            at++;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private char charAt(int index) {
        return index < source.length() ? source.charAt(index) : 0;
    }

    private JinjaSyntaxException error(String message) {
        return new JinjaSyntaxException(line, message);
    }
}
