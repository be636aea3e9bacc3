package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// How `%` and `{}` formatting show one value: flags, width, precision and conversion.
///
/// - `align` is `<`, `>`, `^` or 0 for the usual side; `sign` is `+`, a space or 0.
/// - `width` and `precision` are -1 when not given; `type` is 0 when not given.
///
/// Immutable.
record ValueFormat(
        int fill, char align, char sign, boolean alternate, boolean zeros, int width, int precision, char type) {
    private static final int PRECISION_DEFAULT = 6;
    private static final int GENERAL_EXPONENT_MIN = -4;

    static final ValueFormat PLAIN = new ValueFormat(' ', (char) 0, (char) 0, false, false, -1, -1, (char) 0);

    /// The largest width and precision.
    static final int COLUMNS_MAX = 10_000;

    String apply(Budget budget, Object value, boolean percent) throws JinjaRenderException {
        char side = percent ? '>' : '<';
        if (type == 's' && !percent && Arithmetic.isNumeric(value)) {
            throw new JinjaRenderException("format: " + Values.kind(value) + " (expected: a string for 's')");
        }
        return switch (value) {
            case Boolean flag when type == 0 || type == 's' -> padded(flag ? "True" : "False", side);
            case Boolean flag -> integer(flag ? BigInteger.ONE : BigInteger.ZERO);
            case Long number -> integer(BigInteger.valueOf(number));
            case BigInteger number -> integer(number);
            case Double number -> floating(number);
            default -> text(Printer.display(budget, value), side);
        };
    }

    private String text(String text, char side) throws JinjaRenderException {
        if (type != 0 && type != 's' && !(type == 'c' && text.codePointCount(0, text.length()) == 1)) {
            throw new JinjaRenderException("format: a string (expected: a value for '" + type + "')");
        }
        int count = text.codePointCount(0, text.length());
        boolean cut = precision >= 0 && precision < count && type != 'c';
        return padded(cut ? text.substring(0, text.offsetByCodePoints(0, precision)) : text, side);
    }

    private String integer(BigInteger number) throws JinjaRenderException {
        BigInteger size = number.abs();
        String digits = switch (type) {
            case 0, 'd', 'i', 's' -> size.toString();
            case 'b' -> size.toString(2);
            case 'o' -> size.toString(8);
            case 'x' -> size.toString(16);
            case 'X' -> size.toString(16).toUpperCase(Locale.ROOT);
            case 'c' -> character(number);
            default -> decimal(new BigDecimal(size));
        };
        return type == 'c' ? padded(digits, '>') : number(digits, number.signum() < 0, prefix());
    }

    private String prefix() {
        return alternate && (type == 'b' || type == 'o' || type == 'x' || type == 'X') ? "0" + type : "";
    }

    private static String character(BigInteger number) throws JinjaRenderException {
        if (number.signum() < 0
                || number.bitLength() > 21
                || !Character.isValidCodePoint(number.intValue())
                || (number.intValue() >= Character.MIN_SURROGATE && number.intValue() <= Character.MAX_SURROGATE)) {
            throw new JinjaRenderException("format: " + number + " (expected: a code point)");
        }
        return Character.toString(number.intValue());
    }

    private String floating(double number) throws JinjaRenderException {
        boolean negative = number < 0 || (number == 0 && 1 / number < 0);
        if (!Double.isFinite(number)) {
            String word = Double.isNaN(number) ? "nan" : "inf";
            return number(Character.isUpperCase(type) ? word.toUpperCase(Locale.ROOT) : word, negative, "");
        }
        BigDecimal size = new BigDecimal(Math.abs(number));
        return switch (type) {
            case 0, 's' -> {
                String digits = size.signum() == 0 ? "0" : general(size);
                boolean whole = size.signum() != 0 && !digits.contains(".") && !digits.contains("e");
                yield number(whole ? digits + ".0" : digits, negative, "");
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> number(decimal(size), negative, "");
            default -> throw new JinjaRenderException("format: a float (expected: a value for '" + type + "')");
        };
    }

    private String decimal(BigDecimal size) throws JinjaRenderException {
        int places = precision < 0 ? PRECISION_DEFAULT : precision;
        return switch (type) {
            case 'f', 'F' ->
                withPoint(size.setScale(places, RoundingMode.HALF_EVEN).toPlainString());
            case 'e', 'E' -> scientific(size, places);
            case 'g', 'G' -> size.signum() == 0 ? "0" : general(size);
            default -> throw new JinjaRenderException("format: '" + type + "' (expected: a known conversion)");
        };
    }

    private String withPoint(String digits) {
        return precision == 0 && alternate ? digits + "." : digits;
    }

    private String scientific(BigDecimal size, int places) {
        BigDecimal rounded = size.round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String mantissa = rounded.movePointLeft(exponent)
                .setScale(places, RoundingMode.HALF_EVEN)
                .toPlainString();
        return withPoint(mantissa) + exponent(exponent);
    }

    private String exponent(int exponent) {
        String size = Integer.toString(Math.abs(exponent));
        return (type == 'E' || type == 'G' ? "E" : "e")
                + (exponent < 0 ? "-" : "+")
                + (size.length() < 2 ? "0" + size : size);
    }

    private String general(BigDecimal size) {
        int digits = precision < 0 ? PRECISION_DEFAULT : Math.max(1, precision);
        BigDecimal rounded = size.round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= GENERAL_EXPONENT_MIN && exponent < digits) {
            return trimmed(rounded.setScale(digits - 1 - exponent, RoundingMode.HALF_EVEN)
                    .toPlainString());
        }
        String mantissa = rounded.movePointLeft(exponent)
                .setScale(digits - 1, RoundingMode.HALF_EVEN)
                .toPlainString();
        return trimmed(mantissa) + exponent(exponent);
    }

    private String trimmed(String digits) {
        if (alternate || !digits.contains(".")) {
            return digits;
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private String number(String digits, boolean negative, String prefix) {
        String mark = negative ? "-" : sign == 0 || (type == 's' && sign == '+') ? "" : String.valueOf(sign);
        int used = mark.length() + prefix.length() + digits.length();
        if (zeros && align != '<') {
            return mark + prefix + "0".repeat(Math.max(0, width - used)) + digits;
        }
        return padded(mark + prefix + digits, '>');
    }

    /// Pads to the width, which counts UTF-8 bytes.
    private String padded(String text, char usualSide) {
        long used = type == 'c' ? 1 : Texts.utf8Length(text, text.length());
        int missing = (int) Math.max(0, width - used);
        String pad = Character.toString(fill);
        return switch (align == 0 ? usualSide : align) {
            case '<' -> text + pad.repeat(missing);
            case '^' -> pad.repeat(missing / 2) + text + pad.repeat(missing - missing / 2);
            default -> pad.repeat(missing) + text;
        };
    }
}
