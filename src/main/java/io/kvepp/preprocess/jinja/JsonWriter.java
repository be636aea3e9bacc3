package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The filter `tojson`: JSON as Python's `json.dumps(value, ensure_ascii=False)` writes it. Of its
/// keywords only `indent` has an effect.
///
/// Confined to one render.
final class JsonWriter {
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private final int indent;

    /// `indent` is -1 for one line.
    private JsonWriter(Budget budget, int indent) {
        this.budget = budget;
        this.indent = indent;
    }

    static Object filter(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        Object indent = arguments.keyword("indent");
        Keywords _ = arguments.keywords();
        arguments.end();
        Long columns = indent == null ? null : Arguments.exactInteger(indent);
        if (columns != null) {
            render.budget.checkLength(columns);
        }
        JsonWriter writer = new JsonWriter(render.budget, columns == null || columns < 0 ? -1 : columns.intValue());
        writer.write(value, 0);
        render.budget.build(writer.out.length());
        return writer.out.toString();
    }

    private void write(Object value, int depth) throws JinjaRenderException {
        Budget.checkDepth(depth);
        switch (value) {
            case String text -> quote(text);
            case None _, Undefined _ -> out.append("null");
            case Boolean flag -> out.append(flag.booleanValue());
            case Long number -> out.append(number.longValue());
            case BigInteger number -> out.append(number);
            case Double number -> out.append(Double.isFinite(number) ? Floats.python(number) : "null");
            default -> {
                switch (Values.kind(value)) {
                    case MAP -> map(value, depth);
                    case SEQUENCE, ITERABLE -> list(Values.iterate(value), depth);
                    case UNDEFINED, NONE, BOOLEAN, NUMBER, STRING, PLAIN -> quote("<function>");
                }
            }
        }
        budget.checkLength(out.length());
    }

    private void list(List<? extends @Nullable Object> items, int depth) throws JinjaRenderException {
        budget.items(items.size());
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            separate(i, depth + 1);
            write(Values.of(items.get(i)), depth + 1);
        }
        close(items.isEmpty(), depth, ']');
    }

    private void map(Object map, int depth) throws JinjaRenderException {
        out.append('{');
        int index = 0;
        if (map instanceof Map<?, ?> entries) {
            budget.items(entries.size());
            for (Map.Entry<?, ?> entry : entries.entrySet()) {
                entry(index++, Values.of(entry.getKey()), Values.of(entry.getValue()), depth);
            }
        } else {
            for (Object key : Values.iterate(map)) {
                Object name = Values.of(key);
                entry(index++, name, Values.of(Values.item(map, name)), depth);
            }
        }
        close(index == 0, depth, '}');
    }

    private void entry(int index, Object key, Object value, int depth) throws JinjaRenderException {
        separate(index, depth + 1);
        switch (key) {
            case String text -> quote(text);
            case Boolean flag -> out.append('"').append(flag.booleanValue()).append('"');
            case Long _, BigInteger _ -> out.append('"').append(key).append('"');
            case Double number
            when Double.isFinite(number) ->
                out.append('"').append(Floats.python(number)).append('"');
            default -> throw new JinjaRenderException("tojson key: " + Values.kind(key) + " (expected: a string)");
        }
        out.append(": ");
        write(value, depth + 1);
    }

    private void separate(int index, int depth) throws JinjaRenderException {
        if (indent < 0) {
            out.append(index > 0 ? ", " : "");
        } else {
            out.append(index > 0 ? "," : "");
            newLine(depth);
        }
    }

    private void newLine(int depth) throws JinjaRenderException {
        budget.checkLength(out.length() + (long) depth * indent);
        out.append('\n').repeat(' ', depth * indent);
    }

    private void close(boolean empty, int depth, char bracket) throws JinjaRenderException {
        if (indent >= 0 && !empty) {
            newLine(depth);
        }
        out.append(bracket);
    }

    private void quote(String text) throws JinjaRenderException {
        budget.scan(text.length());
        out.append('"');
        int copied = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\') {
                continue;
            }
            out.append(text, copied, i).append('\\');
            copied = i + 1;
            switch (c) {
                case '"', '\\' -> out.append(c);
                case '\b' -> out.append('b');
                case '\f' -> out.append('f');
                case '\n' -> out.append('n');
                case '\r' -> out.append('r');
                case '\t' -> out.append('t');
                default -> out.append("u00").append(c < 0x10 ? "0" : "").append(Integer.toHexString(c));
            }
        }
        out.append(text, copied, text.length()).append('"');
    }
}
