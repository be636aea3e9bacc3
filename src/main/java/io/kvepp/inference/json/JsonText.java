package io.kvepp.inference.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes plain Java values as compact JSON, byte for byte as serde_json does.
///
/// Thread-safe.
public final class JsonText {
    private static final String HEX = "0123456789abcdef";
    private static final int POINT_MAX = 16; // digits before the point; more are written with an exponent
    private static final int LEADING_ZEROS_MAX = 5;

    private JsonText() {}

    public static String of(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case String text -> string(text, out);
            case Map<?, ?> map -> object(map, out);
            case List<?> list -> array(list, out);
            case Double number -> number(number, out);
            default -> out.append(value);
        }
    }

    private static void object(Map<?, ?> map, StringBuilder out) {
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator);
            string(String.valueOf(entry.getKey()), out);
            out.append(':');
            write(entry.getValue(), out);
            separator = ",";
        }
        out.append('}');
    }

    private static void array(List<?> list, StringBuilder out) {
        out.append('[');
        String separator = "";
        for (Object element : list) {
            out.append(separator);
            write(element, out);
            separator = ",";
        }
        out.append(']');
    }

    private static void string(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xF));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /// Java prints two digits at least, also where one is enough.
    private static BigDecimal shortest(double value) {
        BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal oneDigit = digits.round(new MathContext(1)).stripTrailingZeros();
        return digits.precision() == 2 && oneDigit.doubleValue() == value ? oneDigit : digits;
    }

    /// Shortest digits that read back as the same double; an exponent below 1e-5 and from 1e16 on.
    private static void number(double value, StringBuilder out) {
        if (value == 0.0) {
            out.append(1 / value < 0 ? "-0.0" : "0.0");
            return;
        }
        BigDecimal shortest = shortest(Math.abs(value));
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale(); // digits before the decimal point
        out.append(value < 0 ? "-" : "");
        if (point > POINT_MAX || point <= -LEADING_ZEROS_MAX) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append(point > 0 ? "e+" : "e").append(point - 1);
        } else if (point <= 0) {
            out.append("0.").append("0".repeat(-point)).append(digits);
        } else if (point >= digits.length()) {
            out.append(digits).append("0".repeat(point - digits.length())).append(".0");
        } else {
            out.append(digits, 0, point).append('.').append(digits, point, digits.length());
        }
    }
}
