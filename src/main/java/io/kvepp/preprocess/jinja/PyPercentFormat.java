package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `"%s %5.2f %(name)d" % values`.
///
/// Confined to one call.
final class PyPercentFormat {
    private static final String CONVERSIONS = "diuoxXeEfFgGcrsa";

    private final Budget budget;
    private final FormatCursor cursor;
    private final @Nullable Map<?, ?> mapping;
    private final List<? extends Object> values;
    private final boolean escapes;
    private int used;

    private PyPercentFormat(Budget budget, String pattern, Object values, boolean escapes) {
        this.budget = budget;
        this.escapes = escapes;
        this.cursor = new FormatCursor(pattern);
        this.mapping = values instanceof Map<?, ?> map ? map : null;
        this.values = values instanceof PyTuple tuple ? tuple.items() : List.of(values);
    }

    static String format(Budget budget, String pattern, Object values) throws JinjaRenderException {
        return format(values, new PyPercentFormat(budget, pattern, values, false));
    }

    /// Marked text escapes what it shows.
    static String formatMarked(Budget budget, String pattern, Object values) throws JinjaRenderException {
        return format(values, new PyPercentFormat(budget, pattern, values, true));
    }

    private static String format(Object values, PyPercentFormat format) throws JinjaRenderException {
        String text = format.run();
        // What has items alone may be left over: it could have been meant for names.
        boolean mayRemain = values instanceof Map
                || values instanceof List
                || values instanceof PyRange
                || values == Undefined.INSTANCE;
        if (!mayRemain && format.used < format.values.size()) {
            throw new JinjaRenderException("format: not all arguments converted");
        }
        return text;
    }

    private String run() throws JinjaRenderException {
        StringBuilder out = new StringBuilder();
        while (!cursor.atEnd()) {
            char c = cursor.next();
            if (c != '%') {
                out.append(c);
                continue;
            }
            Object named = null;
            if (cursor.skipIf('(')) {
                String name = cursor.until(')');
                named = mapping == null ? null : PyDicts.get(mapping, name);
                if (named == null) {
                    throw new JinjaRenderException("format: missing the argument of a name");
                }
            }
            out.append(conversion(named));
            budget.checkLength(out.length());
        }
        budget.build(out.length());
        return out.toString();
    }

    private Object next() throws JinjaRenderException {
        if (used >= values.size()) {
            throw new JinjaRenderException("format: not enough arguments");
        }
        return values.get(used++);
    }

    private String conversion(@Nullable Object named) throws JinjaRenderException {
        boolean left = false;
        boolean zeros = false;
        boolean alternate = false;
        char sign = '-';
        for (boolean flags = true; flags; ) {
            switch (cursor.peek()) {
                case '#' -> alternate = true;
                case '0' -> zeros = true;
                case '-' -> left = true;
                case ' ' -> sign = sign == '+' ? '+' : ' ';
                case '+' -> sign = '+';
                default -> flags = false;
            }
            cursor.skip(flags ? 1 : 0);
        }
        int width = number();
        if (width < -1) {
            left = true;
            width = -width;
        }
        int precision = cursor.skipIf('.') ? Math.max(0, number()) : -1;
        if (cursor.peek() == 'h' || cursor.peek() == 'l' || cursor.peek() == 'L') {
            cursor.skip(1);
        }
        char type = cursor.next();
        if (type == '%') {
            return "%";
        }
        if (CONVERSIONS.indexOf(type) < 0) {
            throw cursor.error("one of " + CONVERSIONS);
        }
        boolean numeric = "crsa".indexOf(type) < 0;
        boolean filled = zeros && !left && numeric;
        PyFormatSpec spec = new PyFormatSpec(
                filled ? '0' : ' ',
                filled ? '=' : left ? '<' : '>',
                numeric ? sign : '-',
                numeric && alternate,
                (char) 0,
                width,
                precision,
                type);
        return convert(spec, named == null ? next() : named);
    }

    /// A number or `*`, which takes it from the arguments; -1 when there is none.
    private int number() throws JinjaRenderException {
        if (cursor.skipIf('*')) {
            long given = PyArguments.integer(next());
            if (given < -ValueFormat.COLUMNS_MAX || given > ValueFormat.COLUMNS_MAX) {
                throw FormatCursor.tooWide();
            }
            return (int) given;
        }
        return cursor.number();
    }

    private String convert(PyFormatSpec spec, Object value) throws JinjaRenderException {
        return switch (spec.type()) {
            case 's' -> plain(spec).text(budget, shown(value, PyRepr.text(budget, value)));
            case 'r' -> plain(spec).text(budget, shown(value, PyRepr.repr(budget, value)));
            case 'a' -> plain(spec).text(budget, shown(value, ascii(PyRepr.repr(budget, value))));
            case 'c' -> character(spec, value);
            case 'd', 'i', 'u' -> decimal(spec, truncated(value));
            case 'o', 'x', 'X' -> integer(spec, value);
            default -> {
                if (!PyNumbers.isNumber(value)) {
                    throw new JinjaRenderException("format: " + Values.kind(value) + " (expected: a number)");
                }
                yield spec.floating(budget, PyNumbers.toDouble(value));
            }
        };
    }

    private String shown(Object value, String text) {
        return escapes && !(value instanceof PyMarkup) ? PyMarkup.escape(text) : text;
    }

    private static String ascii(String repr) {
        StringBuilder out = new StringBuilder(repr.length());
        repr.codePoints().forEach(c -> {
            if (c < 0x80) {
                out.appendCodePoint(c);
            } else {
                out.append((c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
            }
        });
        return out.toString();
    }

    private static PyFormatSpec plain(PyFormatSpec spec) {
        return new PyFormatSpec(' ', spec.align(), '-', false, (char) 0, spec.width(), spec.precision(), 's');
    }

    private String character(PyFormatSpec spec, Object value) throws JinjaRenderException {
        String text = PyNumbers.isInteger(value)
                ? new PyFormatSpec(' ', '<', '-', false, (char) 0, -1, -1, 'c').integer(budget, PyNumbers.big(value))
                : PyArguments.string(value);
        if (text.codePointCount(0, text.length()) != 1) {
            throw new JinjaRenderException("format: a text (expected: one character)");
        }
        return new PyFormatSpec(' ', spec.align(), '-', false, (char) 0, spec.width(), -1, 's').text(budget, text);
    }

    private static BigInteger truncated(Object value) throws JinjaRenderException {
        if (value instanceof Double number && Double.isFinite(number)) {
            return new BigDecimal(number).toBigInteger();
        }
        if (!PyNumbers.isInteger(value)) {
            throw new JinjaRenderException("format: " + Values.kind(value) + " (expected: a number)");
        }
        return PyNumbers.big(value);
    }

    private String decimal(PyFormatSpec spec, BigInteger value) throws JinjaRenderException {
        return withPrecision(spec, value, 'd');
    }

    private String integer(PyFormatSpec spec, Object value) throws JinjaRenderException {
        if (!PyNumbers.isInteger(value)) {
            throw new JinjaRenderException("format: " + Values.kind(value) + " (expected: an integer)");
        }
        return withPrecision(spec, PyNumbers.big(value), spec.type());
    }

    /// Precision is the least number of digits.
    private String withPrecision(PyFormatSpec spec, BigInteger value, char type) throws JinjaRenderException {
        if (spec.precision() < 0) {
            return new PyFormatSpec(
                            spec.fill(), spec.align(), spec.sign(), spec.alternate(), (char) 0, spec.width(), -1, type)
                    .integer(budget, value);
        }
        int prefix = spec.alternate() && type != 'd' ? 2 : 0;
        boolean signed = value.signum() < 0 || spec.sign() != '-';
        String digits = new PyFormatSpec(
                        '0',
                        '=',
                        spec.sign(),
                        spec.alternate(),
                        (char) 0,
                        spec.precision() + prefix + (signed ? 1 : 0),
                        -1,
                        type)
                .integer(budget, value);
        char align = spec.align() == '=' ? '>' : spec.align();
        return new PyFormatSpec(' ', align, '-', false, (char) 0, spec.width(), -1, 's').text(budget, digits);
    }
}
