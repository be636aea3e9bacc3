package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The filter `tojson` of transformers: Python's `json.dumps` with non-ASCII text as it is.
///
/// Confined to one call.
final class PyJson {
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private final boolean ascii;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;

    private PyJson(PyArguments arguments, @Nullable Object[] options) throws JinjaRenderException {
        this.budget = arguments.render.budget;
        this.ascii = arguments.flag(options[1]);
        this.indent = indent(options[2]);
        List<Object> separators = separators(arguments.render, options[3]);
        this.itemSeparator = separators.isEmpty() ? indent == null ? ", " : "," : PyArguments.string(separators.get(0));
        this.keySeparator = separators.isEmpty() ? ": " : PyArguments.string(separators.get(1));
        this.sorted = arguments.flag(options[4]);
    }

    static Object filter(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
        PyJson json = new PyJson(arguments, given);
        json.write(PyValue.of(given[0]), 0);
        arguments.render.budget.build(json.out.length());
        return json.out.toString();
    }

    private @Nullable String indent(@Nullable Object indent) throws JinjaRenderException {
        if (indent == null || indent == None.INSTANCE) {
            return null;
        }
        if (PyArguments.isString(indent)) {
            return PyArguments.string(indent);
        }
        long columns = Math.max(0, PyArguments.integer(indent));
        budget.checkLength(columns);
        return " ".repeat((int) columns);
    }

    private static List<Object> separators(Render render, @Nullable Object given) throws JinjaRenderException {
        if (given == null || given == None.INSTANCE) {
            return List.of();
        }
        List<Object> separators = PySequences.list(render, given);
        if (separators.size() != 2) {
            throw new JinjaRenderException("tojson separators: " + separators.size() + " (expected: 2)");
        }
        return separators;
    }

    private void write(Object value, int depth) throws JinjaRenderException {
        Budget.checkDepth(depth);
        switch (value) {
            case String text -> quote(text);
            case PyMarkup markup -> quote(markup.text());
            case None _ -> out.append("null");
            case Boolean flag -> out.append(flag.booleanValue());
            case Long number -> out.append(number.longValue());
            case BigInteger number -> out.append(PyRepr.digits(number));
            case Double number -> out.append(number(number));
            case List<?> list -> list(list, depth);
            case PyTuple tuple -> list(tuple.items(), depth);
            case Map<?, ?> map -> map(map, depth);
            default -> throw new JinjaRenderException("tojson: " + Values.kind(value) + " (expected: JSON values)");
        }
        budget.checkLength(out.length());
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? value < 0 ? "-Infinity" : "Infinity" : Floats.python(value);
    }

    private void list(List<? extends @Nullable Object> items, int depth) throws JinjaRenderException {
        budget.items(items.size());
        if (items.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            separate(i, depth + 1);
            write(Values.of(items.get(i)), depth + 1);
        }
        newLine(depth);
        out.append(']');
    }

    private void map(Map<?, ?> map, int depth) throws JinjaRenderException {
        budget.items(map.size());
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        List<PyComparison.Sortable> entries = new ArrayList<>(map.size());
        map.forEach((key, value) -> entries.add(new PyComparison.Sortable(Values.of(key), Values.of(value))));
        if (sorted) {
            PyComparison.sort(budget, entries, false);
        }
        out.append('{');
        for (int i = 0; i < entries.size(); i++) {
            separate(i, depth + 1);
            quote(key(entries.get(i).key()));
            out.append(keySeparator);
            write(entries.get(i).value(), depth + 1);
        }
        newLine(depth);
        out.append('}');
    }

    private static String key(Object key) throws JinjaRenderException {
        return switch (key) {
            case String text -> text;
            case PyMarkup markup -> markup.text();
            case Boolean flag -> flag.toString();
            case None _ -> "null";
            case Long number -> number.toString();
            case BigInteger number -> PyRepr.digits(number);
            case Double number -> number(number);
            default -> throw new JinjaRenderException("tojson key: " + Values.kind(key) + " (expected: a plain value)");
        };
    }

    private void separate(int index, int depth) throws JinjaRenderException {
        out.append(index == 0 ? "" : itemSeparator);
        newLine(depth);
    }

    private void newLine(int depth) throws JinjaRenderException {
        if (indent != null) {
            budget.checkLength(out.length() + (long) depth * indent.length());
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void quote(String text) throws JinjaRenderException {
        budget.scan(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || (ascii && c > '~')) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
