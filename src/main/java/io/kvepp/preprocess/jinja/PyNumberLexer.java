package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads one number literal of jinja2: a float if what stands there begins with one, else an
/// integer.
///
/// Thread-safe.
final class PyNumberLexer {
    private static final int LITERAL_CHARS_MAX = 4300;
    private static final String DIGITS = "(?:\\d++_)*+\\d++";
    private static final Pattern FLOAT = Pattern.compile(
            "(?<!\\.)" + DIGITS + "(?:(?:\\." + DIGITS + ")?[eE][+-]?" + DIGITS + "|\\." + DIGITS + ")");
    private static final Pattern INTEGER = Pattern.compile(
            "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++|[1-9](?:_?\\d)*+|0(?:_?0)*+");

    private PyNumberLexer() {}

    /// Adds the token; returns where the text after it begins.
    static int addTo(List<Token> tokens, String source, int at, int line) throws JinjaSyntaxException {
        Matcher real = FLOAT.matcher(source);
        real.region(at, source.length()).useTransparentBounds(true);
        if (real.lookingAt()) {
            String literal = checked(real.group(), line);
            tokens.add(new Token(Token.Type.FLOAT, literal, (Double) Double.parseDouble(literal), line));
            return real.end();
        }
        Matcher integer = INTEGER.matcher(source);
        integer.region(at, source.length());
        if (!integer.lookingAt()) {
            throw new JinjaSyntaxException(line, "unexpected digit (expected: a number)");
        }
        String literal = checked(integer.group(), line);
        tokens.add(new Token(Token.Type.INTEGER, literal, Values.narrow(value(literal)), line));
        return integer.end();
    }

    private static String checked(String literal, int line) throws JinjaSyntaxException {
        if (literal.length() > LITERAL_CHARS_MAX) {
            throw new JinjaSyntaxException(
                    line, "number: too long (expected: at most " + LITERAL_CHARS_MAX + " characters)");
        }
        return literal.replace("_", "");
    }

    private static BigInteger value(String literal) {
        char mark = literal.length() > 1 ? Character.toLowerCase(literal.charAt(1)) : ' ';
        return switch (mark) {
            case 'b' -> new BigInteger(literal.substring(2), 2);
            case 'o' -> new BigInteger(literal.substring(2), 8);
            case 'x' -> new BigInteger(literal.substring(2), 16);
            default -> new BigInteger(literal);
        };
    }
}
