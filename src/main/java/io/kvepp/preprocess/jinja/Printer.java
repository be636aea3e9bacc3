package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Prints values: alone, inside containers, and as an indented dump.
///
/// Confined to one render.
final class Printer {
    private static final int INDENT_COLUMNS = 4;

    private final Budget budget;
    private final StringBuilder out;
    private final boolean pretty;

    private Printer(Budget budget, StringBuilder out, boolean pretty) {
        this.budget = budget;
        this.out = out;
        this.pretty = pretty;
    }

    /// The text of `value` as `~`, `join` and string filters see it.
    static String display(Budget budget, Object value) throws JinjaRenderException {
        return switch (value) {
            case String text -> text;
            case Long number -> Long.toString(number);
            case Boolean flag -> flag ? "True" : "False";
            case Double number -> Floats.plain(number);
            case BigInteger number -> number.toString();
            case Undefined _ -> "";
            case None _ -> "None";
            default -> {
                StringBuilder out = new StringBuilder();
                new Printer(budget, out, false).debug(value, 0);
                budget.build(out.length());
                yield out.toString();
            }
        };
    }

    /// The text of `value` where a float is spelled as Python does: printed by the template.
    static String emitted(Budget budget, Object value) throws JinjaRenderException {
        return value instanceof Double number ? Floats.python(number) : display(budget, value);
    }

    /// An indented dump of `value`.
    static String dump(Budget budget, Object value) throws JinjaRenderException {
        StringBuilder out = new StringBuilder();
        new Printer(budget, out, true).debug(value, 0);
        budget.build(out.length());
        return out.toString();
    }

    /// A scalar for an error message; containers are named by their kind only.
    static String name(Object value) {
        return switch (value) {
            case String text -> text;
            case Long number -> number.toString();
            default -> Values.kind(value).toString();
        };
    }

    private void debug(Object value, int depth) throws JinjaRenderException {
        Budget.checkDepth(depth);
        switch (value) {
            case String text -> quote(text);
            case Undefined _ -> out.append("undefined");
            case Double number -> out.append(Floats.debug(number));
            case List<?> list -> list(list, depth);
            case View view -> list(view.items(), depth);
            case Map<?, ?> map -> map(map, depth);
            case Composite composite -> composite(composite, depth);
            case Long _, Boolean _, BigInteger _, None _ -> out.append(display(budget, value));
            default -> out.append("<function>");
        }
        budget.checkLength(out.length());
    }

    private void composite(Composite composite, int depth) throws JinjaRenderException {
        String label = composite.label();
        if (label != null) {
            out.append(label);
        } else if (composite.kind() == Kind.MAP) {
            Dict entries = new Dict();
            for (Object key : composite.elements()) {
                entries.put(key, Values.of(composite.get(key)));
            }
            map(entries, depth);
        } else {
            list(composite.elements(), depth);
        }
    }

    private void list(List<? extends @Nullable Object> list, int depth) throws JinjaRenderException {
        budget.items(list.size());
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
            separate(i, depth);
            debug(Values.of(list.get(i)), depth + 1);
            endPretty();
        }
        close(list.isEmpty(), depth, ']');
    }

    private void map(Map<?, ?> map, int depth) throws JinjaRenderException {
        budget.items(map.size());
        out.append('{');
        int index = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            separate(index++, depth);
            debug(Values.of(entry.getKey()), depth + 1);
            out.append(": ");
            debug(Values.of(entry.getValue()), depth + 1);
            endPretty();
        }
        close(map.isEmpty(), depth, '}');
    }

    private void separate(int index, int depth) {
        if (pretty) {
            out.append('\n').repeat(' ', (depth + 1) * INDENT_COLUMNS);
        } else if (index > 0) {
            out.append(", ");
        }
    }

    private void endPretty() {
        if (pretty) {
            out.append(',');
        }
    }

    private void close(boolean empty, int depth, char bracket) {
        if (pretty && !empty) {
            out.append('\n').repeat(' ', depth * INDENT_COLUMNS);
        }
        out.append(bracket);
    }

    private void quote(String text) throws JinjaRenderException {
        budget.scan(text.length());
        out.append('"');
        for (int at = 0; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            switch (codePoint) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case 0 -> out.append("\\0");
                default -> {
                    if ((codePoint >= ' ' && codePoint < 0x7f) || Characters.isPrinted(codePoint)) {
                        out.appendCodePoint(codePoint);
                    } else {
                        out.append("\\u{")
                                .append(Integer.toHexString(codePoint))
                                .append('}');
                    }
                }
            }
        }
        out.append('"');
    }
}
