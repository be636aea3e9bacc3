package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// How one value is formatted: alignment, sign, width, grouping, precision and conversion.
///
/// - `align` is `<`, `>`, `^`, `=` or 0 for the usual side; `sign` is `+`, `-` or a space.
/// - `grouping` is `,`, `_` or 0; `width` and `precision` are -1, `type` is 0 when not given.
///
/// Immutable.
record PyFormatSpec(
        int fill, char align, char sign, boolean alternate, char grouping, int width, int precision, char type) {
    private static final int PRECISION_DEFAULT = 6;
    private static final int GENERAL_EXPONENT_MIN = -4;
    private static final int DIGITS_PER_GROUP = 3;
    private static final int BITS_PER_GROUP = 4;

    String text(Budget budget, String text) throws JinjaRenderException {
        if ((type != 0 && type != 's') || sign != '-' || alternate || grouping != 0 || align == '=') {
            throw new JinjaRenderException("format: a string (expected: a value for '" + type + "')");
        }
        int count = text.codePointCount(0, text.length());
        boolean cut = precision >= 0 && precision < count;
        return padded(budget, cut ? text.substring(0, text.offsetByCodePoints(0, precision)) : text, '<');
    }

    String integer(Budget budget, BigInteger number) throws JinjaRenderException {
        if (type == 'c') {
            if (number.signum() < 0 || number.bitLength() > 21 || number.intValue() > Character.MAX_CODE_POINT) {
                throw new JinjaRenderException("format: " + number.bitLength() + " bits (expected: a code point)");
            }
            return padded(budget, Character.toString(number.intValue()), '<');
        }
        if (type != 0 && "eEfFgG%".indexOf(type) >= 0) {
            return floating(budget, number.doubleValue());
        }
        if (precision >= 0) {
            throw new JinjaRenderException("format: precision of an integer (expected: none)");
        }
        BigInteger size = number.abs();
        String digits = switch (type) {
            case 0, 'd', 'n' -> PyRepr.digits(size);
            case 'b' -> size.toString(2);
            case 'o' -> size.toString(8);
            case 'x' -> size.toString(16);
            case 'X' -> size.toString(16).toUpperCase(Locale.ROOT);
            default -> throw new JinjaRenderException("format: '" + type + "' (expected: a conversion of integers)");
        };
        boolean based = type == 'b' || type == 'o' || type == 'x' || type == 'X';
        String prefix = alternate && based ? "0" + type : "";
        return number(budget, digits, number.signum() < 0, prefix, based ? BITS_PER_GROUP : DIGITS_PER_GROUP);
    }

    String floating(Budget budget, double number) throws JinjaRenderException {
        boolean negative = number < 0 || (number == 0 && 1 / number < 0);
        if (!Double.isFinite(number)) {
            String word = Double.isNaN(number) ? "nan" : "inf";
            String shown = type != 0 && Character.isUpperCase(type) ? word.toUpperCase(Locale.ROOT) : word;
            return number(budget, shown + (type == '%' ? "%" : ""), negative, "", 0);
        }
        String digits = digits(new BigDecimal(Math.abs(number)), Math.abs(number));
        return number(budget, digits, negative, "", DIGITS_PER_GROUP);
    }

    private String digits(BigDecimal size, double number) throws JinjaRenderException {
        int places = precision < 0 ? PRECISION_DEFAULT : precision;
        return switch (type) {
            case 0 -> precision < 0 ? Floats.python(number) : general(size, Math.max(1, precision), true);
            case 'f', 'F' -> point(size.setScale(places, RoundingMode.HALF_EVEN).toPlainString());
            case '%' ->
                point(new BigDecimal(number * 100)
                                .setScale(places, RoundingMode.HALF_EVEN)
                                .toPlainString()) + "%";
            case 'e', 'E' -> scientific(size, places);
            case 'g', 'G', 'n' -> general(size, precision < 0 ? PRECISION_DEFAULT : Math.max(1, precision), false);
            default -> throw new JinjaRenderException("format: '" + type + "' (expected: a conversion of floats)");
        };
    }

    private String point(String digits) {
        return alternate && digits.indexOf('.') < 0 ? digits + "." : digits;
    }

    private String scientific(BigDecimal size, int places) {
        BigDecimal rounded = size.round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        BigDecimal mantissa = rounded.movePointLeft(exponent).setScale(places, RoundingMode.HALF_EVEN);
        return point(mantissa.toPlainString()) + exponent(exponent);
    }

    private String exponent(int exponent) {
        return (type == 'E' || type == 'G' ? "E" : "e") + "%+03d".formatted(exponent);
    }

    /// The shorter of both ways to write a float. `repr`: with a point always, as `repr` has it.
    private String general(BigDecimal size, int digits, boolean repr) {
        BigDecimal rounded = size.round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        // With a point always, a number of as many whole digits as asked for would gain one.
        boolean fixed = exponent >= GENERAL_EXPONENT_MIN && exponent < (repr ? digits - 1 : digits);
        if (fixed) {
            int scale = Math.max(0, digits - 1 - exponent);
            String plain =
                    trimmed(rounded.setScale(scale, RoundingMode.HALF_EVEN).toPlainString());
            return repr && plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        BigDecimal mantissa = rounded.movePointLeft(exponent).setScale(digits - 1, RoundingMode.HALF_EVEN);
        return trimmed(mantissa.toPlainString()) + exponent(exponent);
    }

    private String trimmed(String digits) {
        if (alternate || digits.indexOf('.') < 0) {
            return point(digits);
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private String number(Budget budget, String digits, boolean negative, String prefix, int groupSize)
            throws JinjaRenderException {
        String mark = negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
        boolean zeros = fill == '0' && align == '=';
        int room = zeros ? width - mark.length() - prefix.length() : 0;
        String grouped = grouping == 0 || groupSize == 0 ? digits : grouped(digits, groupSize, room);
        if (align == '=') {
            long missing = (long) width - mark.length() - prefix.length() - grouped.length();
            budget.build(Math.max(0, missing));
            return mark + prefix + Character.toString(fill).repeat((int) Math.max(0, missing)) + grouped;
        }
        return padded(budget, mark + prefix + grouped, '>');
    }

    /// With a mark between groups of digits; leading zeros are digits up to `room` columns.
    private String grouped(String digits, int groupSize, int room) {
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        StringBuilder whole = new StringBuilder(digits.substring(0, end));
        int tail = digits.length() - end;
        while (room > 0 && columns(whole.length(), groupSize) + tail < room) {
            whole.insert(0, '0');
        }
        for (int at = whole.length() - groupSize; at > 0; at -= groupSize) {
            whole.insert(at, grouping);
        }
        return whole + digits.substring(end);
    }

    private static int columns(int digits, int groupSize) {
        return digits + (digits - 1) / groupSize;
    }

    private String padded(Budget budget, String text, char usualSide) throws JinjaRenderException {
        long missing = (long) width - text.codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        budget.build(text.length() + missing);
        String pad = Character.toString(fill);
        return switch (align == 0 ? usualSide : align) {
            case '<' -> text + pad.repeat((int) missing);
            case '^' -> pad.repeat((int) missing / 2) + text + pad.repeat((int) (missing - missing / 2));
            default -> pad.repeat((int) missing) + text;
        };
    }
}
