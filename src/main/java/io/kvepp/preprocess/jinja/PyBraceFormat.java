package io.kvepp.preprocess.jinja;

import java.util.List;
import java.util.Map;

/// The method `str.format`: `{}`, `{0.name[key]!r:>8}`.
///
/// Confined to one call.
final class PyBraceFormat {
    private static final int NESTING_MAX = 2;

    private final Render render;
    private final List<Object> values;
    private final Map<?, ?> keywords;
    private int automatic;
    private boolean manual;

    private PyBraceFormat(Render render, List<Object> values, Map<?, ?> keywords) {
        this.render = render;
        this.values = values;
        this.keywords = keywords;
    }

    static String format(Render render, String pattern, List<Object> values, Map<?, ?> keywords)
            throws JinjaRenderException {
        return new PyBraceFormat(render, values, keywords).run(pattern, NESTING_MAX);
    }

    private String run(String pattern, int nesting) throws JinjaRenderException {
        if (nesting == 0) {
            throw new JinjaRenderException("format: nested too deeply (expected: a plain field inside a format)");
        }
        FormatCursor cursor = new FormatCursor(pattern);
        StringBuilder out = new StringBuilder();
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
                out.append(field(cursor, nesting));
                render.budget.checkLength(out.length());
            }
        }
        render.budget.build(out.length());
        return out.toString();
    }

    private String field(FormatCursor cursor, int nesting) throws JinjaRenderException {
        Object value = path(cursor, first(cursor));
        if (cursor.skipIf('!')) {
            char conversion = cursor.next();
            value = switch (conversion) {
                case 'r', 'a' -> PyRepr.repr(render.budget, value);
                case 's' -> PyRepr.text(render.budget, value);
                default -> throw cursor.error("r, s or a");
            };
        }
        String spec = "";
        if (cursor.skipIf(':')) {
            spec = specification(cursor);
            spec = spec.indexOf('{') >= 0 ? run(spec, nesting - 1) : spec;
        }
        if (!cursor.skipIf('}')) {
            throw cursor.error("'}'");
        }
        return shown(value, spec);
    }

    /// The text up to the closing brace, with the fields in it.
    private static String specification(FormatCursor cursor) throws JinjaRenderException {
        StringBuilder spec = new StringBuilder();
        int open = 0;
        while (open > 0 || cursor.peek() != '}') {
            char c = cursor.next();
            open += c == '{' ? 1 : c == '}' ? -1 : 0;
            spec.append(c);
        }
        return spec.toString();
    }

    private Object first(FormatCursor cursor) throws JinjaRenderException {
        StringBuilder name = new StringBuilder();
        while (!cursor.atEnd() && ".[!:}".indexOf(cursor.peek()) < 0) {
            name.append(cursor.next());
        }
        String key = name.toString();
        if (key.isEmpty() && (cursor.peek() == '.' || cursor.peek() == '[')) {
            throw cursor.error("a number or name");
        }
        boolean numbered = !key.isEmpty() && key.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!key.isEmpty() && !numbered) {
            Object found = PyDicts.get(keywords, key);
            if (found == null) {
                throw new JinjaRenderException("format: missing the argument of a name");
            }
            return found;
        }
        if (numbered ? automatic > 0 : manual) {
            throw new JinjaRenderException("format: numbered and automatic fields (expected: one kind)");
        }
        manual |= numbered;
        int index = numbered ? (int) Math.min(Integer.MAX_VALUE, Long.parseLong("0" + clipped(key))) : automatic++;
        if (index >= values.size()) {
            throw new JinjaRenderException("format: missing argument " + index);
        }
        return values.get(index);
    }

    private static String clipped(String digits) {
        return digits.length() > 9 ? digits.substring(digits.length() - 9) : digits;
    }

    private Object path(FormatCursor cursor, Object start) throws JinjaRenderException {
        Object value = start;
        while (true) {
            if (cursor.skipIf('.')) {
                StringBuilder name = new StringBuilder();
                while (!cursor.atEnd() && ".[!:}".indexOf(cursor.peek()) < 0) {
                    name.append(cursor.next());
                }
                value = PyAccess.attribute(value, name.toString());
            } else if (cursor.skipIf('[')) {
                String key = cursor.until(']');
                boolean number =
                        !key.isEmpty() && key.length() < 10 && key.chars().allMatch(Character::isDigit);
                value = PyAccess.item(render, value, number ? (Object) Long.parseLong(key) : key);
            } else {
                return value;
            }
        }
    }

    private String shown(Object value, String spec) throws JinjaRenderException {
        if (spec.isEmpty()) {
            return PyRepr.text(render.budget, value);
        }
        boolean number = PyNumbers.isNumber(value);
        if (!number && !PyArguments.isString(value)) {
            throw new JinjaRenderException("format: " + Values.kind(value) + " (expected: a number or string)");
        }
        PyFormatSpec format = parsed(spec, number);
        return switch (value) {
            case Double real -> format.floating(render.budget, real);
            case String text -> format.text(render.budget, text);
            case PyMarkup markup -> format.text(render.budget, markup.text());
            default -> format.integer(render.budget, PyNumbers.big(value));
        };
    }

    private static PyFormatSpec parsed(String spec, boolean number) throws JinjaRenderException {
        FormatCursor cursor = new FormatCursor(spec);
        int fill = ' ';
        char align = 0;
        int first = cursor.codePoint();
        boolean filled = isAlign(cursor.charAfter(first));
        if (filled) {
            fill = first;
            align = cursor.charAfter(first);
            cursor.skip(Character.charCount(first) + 1);
        } else if (isAlign(cursor.peek())) {
            align = cursor.next();
        }
        char sign = "+- ".indexOf(cursor.peek()) >= 0 && !cursor.atEnd() ? cursor.next() : 0;
        boolean alternate = cursor.skipIf('#');
        if (!filled && cursor.skipIf('0')) {
            fill = '0';
            align = align == 0 && number ? '=' : align;
        }
        int width = cursor.number();
        char grouping = !cursor.atEnd() && (cursor.peek() == ',' || cursor.peek() == '_') ? cursor.next() : 0;
        int precision = cursor.skipIf('.') ? required(cursor) : -1;
        char type = cursor.atEnd() ? 0 : cursor.next();
        if (!cursor.atEnd()) {
            throw cursor.error("the end of the format");
        }
        if (!number && sign == '-') {
            throw cursor.error("no sign of a string");
        }
        return new PyFormatSpec(fill, align, sign == 0 ? '-' : sign, alternate, grouping, width, precision, type);
    }

    private static int required(FormatCursor cursor) throws JinjaRenderException {
        int number = cursor.number();
        if (number < 0) {
            throw cursor.error("a precision");
        }
        return number;
    }

    private static boolean isAlign(char c) {
        return c == '<' || c == '>' || c == '^' || c == '=';
    }
}
