package io.kvepp.preprocess.jinja;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// jinja2's filters of text; any value counts as its text.
final class PyTextFilters {
    private static final int INDENT_COLUMNS_DEFAULT = 4;
    private static final int CENTER_COLUMNS_DEFAULT = 80;
    private static final int TRUNCATE_CHARS_DEFAULT = 255;
    private static final int TRUNCATE_LEEWAY = 5;
    private static final Pattern WORD_START = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern TAG = Pattern.compile("<!--.*?-->|<[^>]*>", Pattern.DOTALL);

    private PyTextFilters() {}

    static void addTo(Map<String, PyFunction> filters) {
        filters.put("upper", method("upper"));
        filters.put("lower", method("lower"));
        filters.put("capitalize", method("capitalize"));
        filters.put("title", arguments -> title(one(arguments)));
        filters.put("string", arguments -> {
            Object value = arguments.positional(1, 1)[0];
            return value instanceof PyMarkup ? value : one(arguments);
        });
        PyFunction escape = arguments ->
                PyMarkup.escape(arguments.render.budget, PyValue.of(arguments.positional(1, 1)[0]));
        filters.put("e", escape);
        filters.put("escape", escape);
        filters.put("forceescape", arguments -> new PyMarkup(PyMarkup.escape(one(arguments))));
        filters.put("safe", arguments -> new PyMarkup(one(arguments)));
        filters.put("striptags", arguments -> stripTags(one(arguments)));
        filters.put("trim", PyTextFilters::trim);
        filters.put("replace", PyTextFilters::replace);
        filters.put("center", PyTextFilters::center);
        filters.put("indent", PyTextFilters::indent);
        filters.put("truncate", PyTextFilters::truncate);
        filters.put("wordcount", PyTextFilters::wordCount);
        filters.put("urlencode", PyTextFilters::urlEncode);
        filters.put("format", PyTextFilters::format);
        filters.put("xmlattr", PyTextFilters::attributes);
    }

    /// The text of the only argument.
    private static String one(PyArguments arguments) throws JinjaRenderException {
        return text(arguments, arguments.positional(1, 1)[0]);
    }

    private static String text(PyArguments arguments, @Nullable Object value) throws JinjaRenderException {
        String text = PyRepr.text(arguments.render.budget, PyValue.of(value));
        arguments.render.budget.build(text.length());
        return text;
    }

    /// The method of that name, of the value's text.
    private static PyFunction method(String name) {
        return arguments -> {
            Object value = arguments.positional(1, 1)[0];
            PyFunction method = PyStringMethods.get(name);
            Object self = value instanceof PyMarkup ? value : text(arguments, value);
            return method == null ? self : method.call(arguments.render, new Object[] {self});
        };
    }

    /// The text, marked if the value it was made of is.
    private static Object like(@Nullable Object value, String text) {
        return value instanceof PyMarkup ? new PyMarkup(text) : text;
    }

    private static String title(String text) {
        Matcher start = WORD_START.matcher(text);
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (start.find()) {
            word(out, text.substring(at, start.start()));
            word(out, start.group());
            at = start.end();
        }
        word(out, text.substring(at));
        return out.toString();
    }

    private static void word(StringBuilder out, String word) {
        if (!word.isEmpty()) {
            int first = word.offsetByCodePoints(0, 1);
            out.append(word.substring(0, first).toUpperCase(Locale.ROOT))
                    .append(word.substring(first).toLowerCase(Locale.ROOT));
        }
    }

    private static String stripTags(String text) {
        String plain = TAG.matcher(text).replaceAll("");
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= plain.length(); i++) {
            if (i == plain.length() || Characters.isPythonSpace(plain.charAt(i))) {
                if (i > start) {
                    words.add(plain.substring(start, i));
                }
                start = i + 1;
            }
        }
        return String.join(" ", words)
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#39;", "'")
                .replace("&#34;", "\"")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
    }

    private static Object trim(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "chars");
        String text = text(arguments, given[0]);
        return like(given[0], PyText.stripped(text, PyArguments.optionalString(given[1]), true, true));
    }

    private static Object replace(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(3, "s", "old", "new", "count");
        long most = given[3] == null || given[3] == None.INSTANCE ? -1 : PyArguments.integer(given[3]);
        return Texts.replace(
                arguments.render.budget,
                text(arguments, given[0]),
                text(arguments, given[1]),
                text(arguments, given[2]),
                most < 0 ? Long.MAX_VALUE : most);
    }

    private static Object center(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "width");
        long width = PyArguments.integer(given[1], CENTER_COLUMNS_DEFAULT);
        return like(given[0], PyText.padded(arguments.render.budget, text(arguments, given[0]), width, " ", '^'));
    }

    private static Object indent(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "s", "width", "first", "blank");
        boolean marked = given[0] instanceof PyMarkup;
        Budget budget = arguments.render.budget;
        String indention;
        if (PyArguments.isString(given[1])) {
            indention = PyArguments.string(given[1]);
        } else {
            long columns = Math.max(0, PyArguments.integer(given[1], INDENT_COLUMNS_DEFAULT));
            budget.checkLength(columns);
            indention = " ".repeat((int) columns);
        }
        List<Object> lines = Texts.splitLines(budget, PyArguments.string(given[0]) + "\n", false);
        budget.build((long) indention.length() * lines.size());
        boolean blank = arguments.flag(given[3]);
        StringBuilder out = new StringBuilder(arguments.flag(given[2]) ? indention : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? indention : "")
                    .append(line);
        }
        return marked ? new PyMarkup(out.toString()) : out.toString();
    }

    private static Object truncate(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "s", "length", "killwords", "end", "leeway");
        Object value = PyValue.of(given[0]);
        long length = PyArguments.integer(given[1], TRUNCATE_CHARS_DEFAULT);
        String end = given[3] == null ? "..." : PyArguments.string(given[3]);
        long leeway = given[4] == null || given[4] == None.INSTANCE ? TRUNCATE_LEEWAY : PyArguments.integer(given[4]);
        int endLength = end.codePointCount(0, end.length());
        if (length < endLength || leeway < 0) {
            throw new JinjaRenderException("truncate: length " + length + " (expected: at least " + endLength + ")");
        }
        if (PySequences.length(arguments.render, value) <= length + leeway) {
            return value;
        }
        int[] codePoints = PyArguments.string(value).codePoints().toArray();
        String kept = new String(codePoints, 0, (int) (length - endLength));
        int space = arguments.flag(given[2]) ? -1 : kept.lastIndexOf(' ');
        return (space < 0 ? kept : kept.substring(0, space)) + end;
    }

    private static Object wordCount(PyArguments arguments) throws JinjaRenderException {
        long words = 0;
        boolean inWord = false;
        for (int c : one(arguments).codePoints().toArray()) {
            boolean word = c == '_' || PyChars.isAlphanumeric(c);
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return words;
    }

    private static Object urlEncode(PyArguments arguments) throws JinjaRenderException {
        Object value = PyValue.of(arguments.positional(1, 1)[0]);
        if (PyArguments.isString(value) || !PySequences.isIterable(value)) {
            return percentEncoded(text(arguments, value), false);
        }
        Object pairs = value instanceof Map<?, ?> map ? new PyView(PyView.Kind.ITEMS, map) : value;
        StringBuilder out = new StringBuilder();
        for (Object pair : PySequences.list(arguments.render, pairs)) {
            List<? extends @Nullable Object> both = arguments.render.dialect.unpack(arguments.render, pair);
            if (both.size() != 2) {
                throw new JinjaRenderException("urlencode: " + both.size() + " items (expected: a pair)");
            }
            out.append(out.isEmpty() ? "" : "&");
            out.append(percentEncoded(text(arguments, Values.of(both.get(0))), true))
                    .append('=');
            out.append(percentEncoded(text(arguments, Values.of(both.get(1))), true));
        }
        return out.toString();
    }

    private static String percentEncoded(String text, boolean query) {
        StringBuilder out = new StringBuilder(text.length());
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            int c = each & 0xff;
            if (Characters.isAsciiAlphanumeric(c) || "_.-~".indexOf(c) >= 0 || (c == '/' && !query)) {
                out.append((char) c);
            } else if (c == ' ' && query) {
                out.append('+');
            } else {
                out.append("%%%02X".formatted(c));
            }
        }
        return out.toString();
    }

    private static Object format(PyArguments arguments) throws JinjaRenderException {
        Object self = arguments.self();
        List<Object> rest = arguments.positional.subList(1, arguments.positional.size());
        if (!rest.isEmpty() && !arguments.keywords.isEmpty()) {
            throw new JinjaRenderException("format: positional and keyword arguments (expected: one kind)");
        }
        Object values = arguments.keywords.isEmpty() ? new PyTuple(rest) : arguments.keywords;
        return PyPercentFormat.format(arguments.render.budget, text(arguments, self), values);
    }

    private static Object attributes(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "d", "autospace");
        if (!(given[0] instanceof Map<?, ?> map)) {
            throw new JinjaRenderException("xmlattr: no dict (expected: a dict)");
        }
        StringBuilder out = new StringBuilder();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object value = Values.of(entry.getValue());
            if (value == None.INSTANCE || value == Undefined.INSTANCE) {
                continue;
            }
            String name = PyArguments.string(Values.of(entry.getKey()));
            if (name.chars().anyMatch(c -> " \t\n\r\f\u000b/>=".indexOf(c) >= 0)) {
                throw new JinjaRenderException("xmlattr: a name with a space, /, > or = (expected: a plain name)");
            }
            out.append(out.isEmpty() ? "" : " ").append(PyMarkup.escape(name)).append("=\"");
            out.append(PyMarkup.escape(arguments.render.budget, value).text()).append('"');
        }
        boolean spaced = given[1] == null || arguments.flag(given[1]);
        return spaced && !out.isEmpty() ? " " + out : out.toString();
    }
}
