package io.kvepp.preprocess.jinja;

import java.util.List;

/// The filter `format`: `%s`, `%5.2f`, `%(name)d`.
final class PercentFormat {
    private static final String CONVERSIONS = "dieEfFgGoxXcs";

    private PercentFormat() {}

    static String format(Budget budget, String pattern, List<Object> values) throws JinjaRenderException {
        FormatCursor cursor = new FormatCursor(pattern);
        StringBuilder out = new StringBuilder();
        int used = 0;
        while (!cursor.atEnd()) {
            char c = cursor.next();
            if (c != '%' || cursor.skipIf('%')) {
                out.append(c);
                continue;
            }
            Object value;
            if (cursor.skipIf('(')) {
                value = member(values, cursor.until(')'));
            } else {
                value = used < values.size() ? values.get(used) : Undefined.INSTANCE;
                used++;
            }
            ValueFormat format = conversion(cursor);
            if (used > values.size()) {
                throw new JinjaRenderException("format: missing an argument");
            }
            out.append(format.apply(budget, value, true));
            budget.checkLength(out.length());
        }
        budget.build(out.length());
        return out.toString();
    }

    private static Object member(List<Object> values, String name) throws JinjaRenderException {
        Object found = values.isEmpty() ? null : Values.attribute(values.get(0), name);
        if (found == null || found == Undefined.INSTANCE) {
            throw new JinjaRenderException("format: missing the argument '" + name + "'");
        }
        return found;
    }

    private static ValueFormat conversion(FormatCursor cursor) throws JinjaRenderException {
        boolean alternate = false;
        boolean zeros = false;
        char align = 0;
        char sign = 0;
        for (boolean flags = true; flags; ) {
            switch (cursor.peek()) {
                case '#' -> alternate = true;
                case '0' -> zeros = true;
                case '-' -> align = '<';
                case ' ' -> sign = sign == '+' ? '+' : ' ';
                case '+' -> sign = '+';
                default -> flags = false;
            }
            cursor.skip(flags ? 1 : 0);
        }
        int width = cursor.number();
        int precision = cursor.skipIf('.') ? cursor.number() : -1;
        if (cursor.peek() == 'h' || cursor.peek() == 'l' || cursor.peek() == 'L') {
            cursor.skip(1);
        }
        char type = cursor.next();
        if (CONVERSIONS.indexOf(type) < 0) {
            throw cursor.error("one of " + CONVERSIONS);
        }
        return new ValueFormat(
                ' ', align, sign, alternate, zeros && width >= 0, width, precision, type == 'i' ? 'd' : type);
    }
}
