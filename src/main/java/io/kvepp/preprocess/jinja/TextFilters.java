package io.kvepp.preprocess.jinja;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Filters that work on text. Any value but keyword arguments counts as text where a string is not
/// demanded.
final class TextFilters {
    private static final int INDENT_COLUMNS_DEFAULT = 4;

    private TextFilters() {}

    static void addTo(Map<String, Builtin> filters) {
        filters.put("upper", (render, arguments) -> {
            String text = one(arguments);
            render.budget.build(text.length());
            return text.toUpperCase(Locale.ROOT);
        });
        filters.put("lower", (render, arguments) -> {
            String text = one(arguments);
            render.budget.build(text.length());
            return text.toLowerCase(Locale.ROOT);
        });
        filters.put("title", (render, arguments) -> Texts.title(render.budget, one(arguments)));
        filters.put("capitalize", (render, arguments) -> Texts.capitalize(render.budget, one(arguments)));
        filters.put("string", TextFilters::string);
        filters.put("safe", (_, arguments) -> one(arguments));
        filters.put("trim", TextFilters::trim);
        filters.put("replace", TextFilters::replace);
        filters.put("split", TextFilters::split);
        filters.put("lines", TextFilters::lines);
        filters.put("indent", TextFilters::indent);
        filters.put("escape", TextFilters::escape);
        filters.put("e", TextFilters::escape);
        filters.put("urlencode", TextFilters::urlencode);
        filters.put("pprint", TextFilters::pprint);
        filters.put("format", TextFilters::format);
    }

    private static String one(Arguments arguments) throws JinjaRenderException {
        String text = arguments.text();
        arguments.end();
        return text;
    }

    private static Object string(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return Printer.emitted(render.budget, value);
    }

    private static Object trim(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.text();
        String chars = arguments.optionalText();
        arguments.end();
        render.budget.scan(text.length());
        return Texts.strip(text, chars, true, true);
    }

    private static Object replace(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.text();
        String from = arguments.text();
        String to = arguments.text();
        arguments.end();
        return Texts.replace(render.budget, text, from, to, Integer.MAX_VALUE);
    }

    private static Object split(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.string();
        String separator = arguments.optionalString();
        Long splits = arguments.optionalInteger();
        arguments.end();
        long most = splits == null || splits < 0 ? Long.MAX_VALUE : splits;
        return separator == null
                ? Texts.splitSpace(render.budget, text, most)
                : Texts.split(render.budget, text, separator, most);
    }

    private static Object lines(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.string();
        arguments.end();
        render.budget.items(text.length());
        List<Object> lines = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline;
            boolean crlf = newline > at && text.charAt(end - 1) == '\r';
            lines.add(text.substring(at, crlf ? end - 1 : end));
            at = end + 1;
        }
        return lines;
    }

    private static Object indent(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        String text = arguments.text();
        Long width = arguments.optionalInteger();
        Boolean first = arguments.optionalFlag();
        Boolean blank = arguments.optionalFlag();
        if (width == null) {
            Object named = arguments.keyword("width");
            width = named == null ? (Long) (long) INDENT_COLUMNS_DEFAULT : (Long) Arguments.toInteger(named);
        }
        boolean indentFirst = first == null ? arguments.keywordFlag("first") : first;
        boolean indentBlank = blank == null ? arguments.keywordFlag("blank") : blank;
        arguments.end();
        if (width < 0) {
            throw new JinjaRenderException("indent width: " + width + " (expected: >= 0)");
        }
        return indent(render.budget, text, width, indentFirst, indentBlank);
    }

    private static String indent(Budget budget, String text, long width, boolean first, boolean blank)
            throws JinjaRenderException {
        String input = withoutNewline(text);
        String[] lines = input.split("\n", -1);
        budget.checkLength(width);
        budget.build(input.length() + width * lines.length);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.length; i++) {
            boolean indented = (i > 0 || first) && (blank || !lines[i].isEmpty());
            if (indented) {
                out.repeat(' ', (int) width);
            }
            out.append(lines[i]).append('\n');
        }
        return withoutNewline(out.toString());
    }

    private static String withoutNewline(String text) {
        int end = text.length();
        if (end > 0 && text.charAt(end - 1) == '\n') {
            end--;
        }
        if (end > 0 && text.charAt(end - 1) == '\r') {
            end--;
        }
        return text.substring(0, end);
    }

    private static Object escape(Render render, Arguments arguments) throws JinjaRenderException {
        String text = Printer.display(render.budget, arguments.value());
        arguments.end();
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            String entity = switch (c) {
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                case '&' -> "&amp;";
                case '"' -> "&quot;";
                case '\'' -> "&#x27;";
                case '/' -> "&#x2f;";
                default -> null;
            };
            if (entity == null) {
                out.append(c);
            } else {
                out.append(entity);
            }
        }
        render.budget.build(out.length());
        return out.toString();
    }

    private static Object urlencode(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        StringBuilder out = new StringBuilder();
        if (Values.kind(value) == Kind.MAP) {
            for (Object raw : render.iterate(value)) {
                Object key = Values.of(raw);
                Object item = Values.of(Values.item(value, key));
                if (item != None.INSTANCE && item != Undefined.INSTANCE) {
                    out.append(out.isEmpty() ? "" : "&");
                    percentEncode(render.budget, out, key);
                    out.append('=');
                    percentEncode(render.budget, out, item);
                }
            }
        } else if (value != None.INSTANCE) {
            percentEncode(render.budget, out, value);
        }
        return out.toString();
    }

    private static void percentEncode(Budget budget, StringBuilder out, Object value) throws JinjaRenderException {
        byte[] bytes = Printer.display(budget, value).getBytes(StandardCharsets.UTF_8);
        budget.build(bytes.length);
        for (byte each : bytes) {
            int c = each & 0xff;
            if (Characters.isAsciiAlphanumeric(c) || c == '/' || c == '.' || c == '-' || c == '_') {
                out.append((char) c);
            } else {
                out.append('%').append(hexDigit(c >> 4)).append(hexDigit(c & 0xf));
            }
        }
        budget.checkLength(out.length());
    }

    private static char hexDigit(int value) {
        return Character.toUpperCase(Character.forDigit(value, 16));
    }

    private static Object pprint(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return Printer.dump(render.budget, value);
    }

    private static Object format(Render render, Arguments arguments) throws JinjaRenderException {
        String pattern = arguments.string();
        List<Object> values = arguments.rest();
        return PercentFormat.format(render.budget, pattern, values);
    }
}
