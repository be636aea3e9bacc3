package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The method `str.format`: `{}`, `{0}`, `{name.member[key]:>8}`. Digit grouping is not supported.
final class BraceFormat {
    private static final String CONVERSIONS = "bdoxXeEfFgGcs";

    private BraceFormat() {}

    static String format(Budget budget, Arguments arguments) throws JinjaRenderException {
        FormatCursor cursor = new FormatCursor(arguments.string());
        List<Object> values = arguments.rest();
        Keywords keywords = arguments.keywords();
        StringBuilder out = new StringBuilder();
        int used = 0;
        while (!cursor.atEnd()) {
            char c = cursor.next();
            if (c == '}') {
                if (!cursor.skipIf('}')) {
                    throw cursor.error("'}}'");
                }
                out.append('}');
            } else if (c != '{' || cursor.skipIf('{')) {
                out.append(c);
            } else {
                Object named = field(cursor, values, keywords, used);
                Object value = named == null ? at(values, used++) : named;
                ValueFormat format = cursor.skipIf(':') ? specification(cursor) : ValueFormat.PLAIN;
                if (!cursor.skipIf('}')) {
                    throw cursor.error("'}'");
                }
                out.append(format.apply(budget, value, false));
                budget.checkLength(out.length());
            }
        }
        budget.build(out.length());
        return out.toString();
    }

    /// The value that a field names, or `null` for the next positional argument.
    private static @Nullable Object field(
            FormatCursor cursor, List<Object> values, @Nullable Keywords keywords, int used)
            throws JinjaRenderException {
        int index = cursor.number();
        if (index >= 0) {
            if (used > 0) {
                throw new JinjaRenderException("format: cannot switch from automatic to manual numbering");
            }
            return path(cursor, at(values, index));
        }
        String name = cursor.identifier();
        if (name.isEmpty()) {
            return null;
        }
        Object value = keywords == null ? null : keywords.get(name);
        if (value == null) {
            throw new JinjaRenderException("format: missing the argument '" + name + "'");
        }
        return path(cursor, value);
    }

    private static Object at(List<Object> values, int index) throws JinjaRenderException {
        if (index >= values.size()) {
            throw new JinjaRenderException("format: missing argument " + index);
        }
        return values.get(index);
    }

    private static Object path(FormatCursor cursor, Object start) throws JinjaRenderException {
        Object value = start;
        while (true) {
            Object key;
            if (cursor.skipIf('.')) {
                key = cursor.identifier();
            } else if (cursor.skipIf('[')) {
                key = cursor.until(']');
            } else {
                return value;
            }
            Object found = SelectionFilters.path(value, key.toString());
            if (found == Undefined.INSTANCE) {
                throw new JinjaRenderException("format: '" + key + "' is undefined");
            }
            value = found;
        }
    }

    private static ValueFormat specification(FormatCursor cursor) throws JinjaRenderException {
        int fill = ' ';
        char align = 0;
        int first = cursor.codePoint();
        if (first != 0 && isAlign(cursor.charAfter(first))) {
            fill = first;
            align = cursor.charAfter(first);
            cursor.skip(Character.charCount(first) + 1);
        } else if (isAlign(cursor.peek())) {
            align = cursor.next();
        }
        char sign = 0;
        if (cursor.peek() == '+' || cursor.peek() == ' ' || cursor.peek() == '-') {
            char mark = cursor.next();
            sign = mark == '-' ? 0 : mark;
        }
        boolean alternate = cursor.skipIf('#');
        boolean zeros = cursor.skipIf('0');
        int width = cursor.number();
        if (cursor.peek() == ',' || cursor.peek() == '_') {
            throw cursor.error("no digit grouping: it is not supported");
        }
        int precision = cursor.skipIf('.') ? cursor.number() : -1;
        char type = cursor.peek() == '}' ? 0 : cursor.next();
        if (type != 0 && CONVERSIONS.indexOf(type) < 0) {
            throw cursor.error("one of " + CONVERSIONS);
        }
        return new ValueFormat(fill, align, sign, alternate, zeros && width >= 0, width, precision, type);
    }

    private static boolean isAlign(char c) {
        return c == '<' || c == '>' || c == '^';
    }
}
