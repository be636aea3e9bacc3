package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.MathContext;

/// The three spellings of a float: plain (no exponent), debug (inside containers), Python (printed
/// alone or as JSON). All use the shortest digits that read back as the same number.
final class Floats {
    /// Below this magnitude the shortest digits can be fewer than the two that Java prints.
    private static final double COARSE = 1e-320;

    private static final int PYTHON_EXPONENT_MIN = -4;
    private static final int PYTHON_EXPONENT_MAX = 16;
    private static final double DEBUG_FIXED_MIN = 1e-4;
    private static final double DEBUG_FIXED_MAX = 1e16;

    private Floats() {}

    static String plain(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "NaN" : value < 0 ? "-inf" : "inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal digits = shortest(value);
        return digits.scale() <= 0 ? digits.toPlainString() + ".0" : digits.toPlainString();
    }

    static String debug(double value) {
        double size = Math.abs(value);
        if (!Double.isFinite(value) || value == 0 || (size >= DEBUG_FIXED_MIN && size < DEBUG_FIXED_MAX)) {
            return plain(value);
        }
        return scientific(shortest(value), "e", "e-", 1);
    }

    static String python(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
        }
        if (value == 0) {
            return plain(value);
        }
        BigDecimal digits = shortest(value);
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= PYTHON_EXPONENT_MIN && exponent < PYTHON_EXPONENT_MAX) {
            return plain(value);
        }
        return scientific(digits, "e+", "e-", 2);
    }

    private static String scientific(BigDecimal digits, String positive, String negative, int exponentDigits) {
        String unscaled = digits.unscaledValue().abs().toString();
        int exponent = digits.precision() - digits.scale() - 1;
        StringBuilder out = new StringBuilder(digits.signum() < 0 ? "-" : "").append(unscaled.charAt(0));
        if (unscaled.length() > 1) {
            out.append('.').append(unscaled, 1, unscaled.length());
        }
        String size = Integer.toString(Math.abs(exponent));
        return out.append(exponent < 0 ? negative : positive)
                .repeat('0', Math.max(0, exponentDigits - size.length()))
                .append(size)
                .toString();
    }

    private static BigDecimal shortest(double value) {
        BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (digits.precision() == 2 && Math.abs(value) < COARSE) {
            BigDecimal one = digits.round(new MathContext(1));
            return one.doubleValue() == value ? one.stripTrailingZeros() : digits;
        }
        return digits;
    }
}
