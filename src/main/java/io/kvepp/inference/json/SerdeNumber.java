package io.kvepp.inference.json;

import java.math.BigInteger;

/// Numbers of a JSON text as serde_json reads them, which is not always the nearest double.
///
/// The digits are gathered in an unsigned 64-bit significand (further digits only move the
/// exponent, or are dropped behind the point), which is then scaled by one exact power of ten.
/// Integers that fit 64 bits, signed or unsigned, stay integers; `-0` is a double.
///
/// Confined to one call.
final class SerdeNumber {
    private static final int EXPONENT_MAX = 308;

    private final String text;
    private int at;
    private long significand; // unsigned
    private int exponent;

    private SerdeNumber(String text) {
        this.text = text;
    }

    /// The value of a number that follows the JSON grammar: `Long`, `BigInteger` or `Double`.
    ///
    /// Throws [ArithmeticException] when it is out of the range of a double.
    static Object parse(String text) {
        return new SerdeNumber(text).value();
    }

    private Object value() {
        boolean negative = text.charAt(0) == '-';
        at = negative ? 1 : 0;
        boolean fits = digits();
        if (!fits) {
            skipIntegerDigits();
        }
        if (at == text.length() && fits) {
            return integer(negative);
        }
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            fraction();
        }
        if (at < text.length()) {
            scale();
        }
        return negative ? -magnitude() : magnitude();
    }

    /// Takes digits as long as they fit; false when one did not.
    private boolean digits() {
        while (isDigit()) {
            if (!take()) {
                return false;
            }
        }
        return true;
    }

    private void skipIntegerDigits() {
        while (isDigit()) {
            at++;
            exponent++;
        }
    }

    private void fraction() {
        while (isDigit()) {
            if (!take()) {
                while (isDigit()) {
                    at++;
                }
                return;
            }
            exponent--;
        }
    }

    private boolean take() {
        int digit = text.charAt(at) - '0';
        long tenth = Long.divideUnsigned(-1L, 10);
        int order = Long.compareUnsigned(significand, tenth);
        if (order > 0 || (order == 0 && digit > 5)) {
            return false;
        }
        significand = significand * 10 + digit;
        at++;
        return true;
    }

    private void scale() {
        at++; // the e
        boolean negative = text.charAt(at) == '-';
        if (negative || text.charAt(at) == '+') {
            at++;
        }
        int power = 0;
        for (; at < text.length(); at++) {
            if (power > Integer.MAX_VALUE / 20) {
                break; // beyond any double either way
            }
            power = power * 10 + (text.charAt(at) - '0');
        }
        exponent = Math.clamp((long) exponent + (negative ? -power : power), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private Object integer(boolean negative) {
        if (!negative) {
            return significand >= 0 ? (Object) significand : new BigInteger(Long.toUnsignedString(significand));
        }
        long value = -significand;
        return value >= 0 ? (Object) (-unsignedToDouble(significand)) : (Object) value;
    }

    private double magnitude() {
        double value = unsignedToDouble(significand);
        int rest = exponent;
        while (rest < -EXPONENT_MAX && value != 0.0) {
            value /= 1e308;
            rest += EXPONENT_MAX;
        }
        if (value == 0.0) {
            return value;
        }
        if (rest < 0) {
            return value / powerOfTen(-rest);
        }
        double scaled = rest > EXPONENT_MAX ? Double.POSITIVE_INFINITY : value * powerOfTen(rest);
        if (Double.isInfinite(scaled)) {
            throw new ArithmeticException("number out of range");
        }
        return scaled;
    }

    private static double powerOfTen(int exponent) {
        return Double.parseDouble("1e" + exponent);
    }

    private static double unsignedToDouble(long value) {
        if (value >= 0) {
            return value;
        }
        // Halving keeps the lowest bit sticky, so that the rounding is the one of the whole value.
        return ((value >>> 1) | (value & 1)) * 2.0;
    }

    private boolean isDigit() {
        return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
    }
}
