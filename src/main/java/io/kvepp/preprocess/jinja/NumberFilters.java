package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Filters that work on numbers.
final class NumberFilters {
    private static final BigInteger INTEGER_MAX = BigInteger.ONE.shiftLeft(127).subtract(BigInteger.ONE);
    private static final BigInteger INTEGER_MIN = BigInteger.ONE.shiftLeft(127).negate();
    private static final int NUMBER_CHARS_MAX = 1000;

    private NumberFilters() {}

    static void addTo(Map<String, Builtin> filters) {
        filters.put("abs", (_, arguments) -> abs(one(arguments)));
        filters.put("int", (_, arguments) -> toInt(one(arguments)));
        filters.put("float", (_, arguments) -> toFloat(one(arguments)));
        filters.put("round", NumberFilters::round);
        filters.put("bool", (_, arguments) -> Values.truth(one(arguments)));
    }

    private static Object one(Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return value;
    }

    private static Object abs(Object value) throws JinjaRenderException {
        return switch (value) {
            case Long number -> number < 0 ? Arithmetic.negate(number) : number;
            case BigInteger number -> number.abs();
            case Double number -> Math.abs(number);
            default -> throw new JinjaRenderException("cannot get absolute value of " + Values.kind(value));
        };
    }

    private static Object toInt(Object value) throws JinjaRenderException {
        return switch (value) {
            case Undefined _, None _ -> 0L;
            case Boolean flag -> flag ? 1L : 0L;
            case Long _, BigInteger _ -> value;
            case Double number -> truncate(number);
            case String text -> parseInt(text);
            default -> throw new JinjaRenderException("cannot convert " + Values.kind(value) + " to integer");
        };
    }

    private static Object parseInt(String text) throws JinjaRenderException {
        if (isInteger(text)) {
            BigInteger number = new BigInteger(text);
            if (number.bitLength() < 128) {
                return Values.narrow(number);
            }
        }
        return truncate(parseFloat(text));
    }

    private static boolean isInteger(String text) {
        int start = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        if (start == text.length() || text.length() > NUMBER_CHARS_MAX) {
            return false;
        }
        for (int i = start; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static Object truncate(double value) {
        if (Double.isNaN(value)) {
            return 0L;
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? INTEGER_MAX : INTEGER_MIN;
        }
        BigInteger whole = new BigDecimal(value).toBigInteger();
        return Values.narrow(whole.min(INTEGER_MAX).max(INTEGER_MIN));
    }

    private static Object toFloat(Object value) throws JinjaRenderException {
        return switch (value) {
            case Undefined _, None _ -> 0.0;
            case String text -> parseFloat(text);
            case Boolean _, Long _, BigInteger _, Double _ -> Arithmetic.toDouble(value);
            default -> throw new JinjaRenderException("cannot convert " + Values.kind(value) + " to float");
        };
    }

    private static double parseFloat(String text) throws JinjaRenderException {
        Double special = special(text);
        if (special != null) {
            return special;
        }
        if (!isDecimal(text)) {
            throw new JinjaRenderException("invalid number literal");
        }
        return Double.parseDouble(text);
    }

    private static @Nullable Double special(String text) {
        boolean negative = text.startsWith("-");
        String word = negative || text.startsWith("+") ? text.substring(1) : text;
        if (word.equalsIgnoreCase("nan")) {
            return Double.NaN;
        }
        if (word.equalsIgnoreCase("inf") || word.equalsIgnoreCase("infinity")) {
            return negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return null;
    }

    /// True for `[+-] digits [. digits] [e [+-] digits]` with a digit before the exponent.
    private static boolean isDecimal(String text) {
        int at = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        int whole = digits(text, at);
        int digits = whole - at;
        at = whole;
        if (at < text.length() && text.charAt(at) == '.') {
            int end = digits(text, at + 1);
            digits += end - at - 1;
            at = end;
        }
        if (digits == 0) {
            return false;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
                at++;
            }
            int end = digits(text, at);
            return end > at && end == text.length();
        }
        return at == text.length() && text.length() <= NUMBER_CHARS_MAX;
    }

    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }

    private static Object round(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        Long precision = arguments.optionalInteger();
        arguments.end();
        return switch (value) {
            case Long _, BigInteger _ -> value;
            case Double number -> {
                double scale = Math.pow(10, precision == null ? 0 : (double) precision);
                double scaled = scale * number;
                double rounded = Math.floor(Math.abs(scaled));
                if (Math.abs(scaled) - rounded >= 0.5) {
                    rounded += 1;
                }
                yield Math.copySign(rounded, scaled) / scale;
            }
            default -> throw new JinjaRenderException("cannot round value (" + Values.kind(value) + ")");
        };
    }
}
