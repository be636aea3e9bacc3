package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The methods of Python's `str`; those of marked text return marked text.
final class PyStringMethods {
    private static final Map<String, PyFunction> ALL = all();

    private PyStringMethods() {}

    static @Nullable PyFunction get(String name) {
        return ALL.get(name);
    }

    private static Map<String, PyFunction> all() {
        Map<String, PyFunction> methods = new HashMap<>();
        addCases(methods);
        addTests(methods);
        addSearches(methods);
        addCuts(methods);
        addPads(methods);
        methods.put("join", marking(PyStringMethods::join));
        methods.put("replace", marking(PyStringMethods::replace));
        methods.put(
                "format",
                arguments -> PyBraceFormat.format(
                        arguments.render,
                        PyArguments.string(arguments.self()),
                        arguments.positional.subList(1, arguments.positional.size()),
                        arguments.keywords));
        return Map.copyOf(methods);
    }

    /// A method whose text is marked if that of its owner is.
    private static PyFunction marking(PyFunction method) {
        return arguments -> {
            Object result = method.apply(arguments);
            return arguments.self() instanceof PyMarkup ? marked(result) : result;
        };
    }

    private static Object marked(Object result) {
        return switch (result) {
            case String text -> new PyMarkup(text);
            case List<?> texts ->
                texts.stream().map(text -> marked(Values.of(text))).toList();
            case PyTuple tuple ->
                new PyTuple(tuple.items().stream().map(PyStringMethods::marked).toList());
            default -> result;
        };
    }

    private static String self(PyArguments arguments) throws JinjaRenderException {
        String text = PyArguments.string(arguments.self());
        arguments.render.budget.build(text.length());
        return text;
    }

    private static PyFunction plain(UnaryOperator<String> method) {
        return marking(arguments -> {
            arguments.positional(1, 1);
            return method.apply(self(arguments));
        });
    }

    private static void addCases(Map<String, PyFunction> methods) {
        methods.put("upper", plain(text -> text.toUpperCase(Locale.ROOT)));
        methods.put("lower", plain(text -> text.toLowerCase(Locale.ROOT)));
        methods.put("casefold", plain(PyText::caseFolded));
        methods.put("title", plain(PyText::title));
        methods.put("capitalize", plain(PyText::capitalized));
        methods.put("swapcase", plain(PyText::swappedCase));
    }

    private static void addTests(Map<String, PyFunction> methods) {
        test(methods, "isalpha", PyChars::isAlpha);
        test(methods, "isdecimal", PyChars::isDecimal);
        test(methods, "isdigit", PyChars::isDigit);
        test(methods, "isnumeric", PyChars::isNumeric);
        test(methods, "isalnum", PyChars::isAlphanumeric);
        test(methods, "isspace", Characters::isPythonSpace);
        methods.put("isascii", whole(text -> text.codePoints().allMatch(c -> c < 0x80)));
        methods.put("isprintable", whole(text -> text.codePoints().allMatch(PyChars::isPrintable)));
        methods.put("islower", whole(text -> PyChars.allCased(text, true)));
        methods.put("isupper", whole(text -> PyChars.allCased(text, false)));
        methods.put("istitle", whole(PyText::isTitle));
        methods.put("isidentifier", whole(PyText::isIdentifier));
    }

    private static void test(Map<String, PyFunction> methods, String name, IntPredicate test) {
        methods.put(name, whole(text -> PyChars.all(text, test)));
    }

    private interface TextTest {
        boolean test(String text);
    }

    private static PyFunction whole(TextTest test) {
        return arguments -> {
            arguments.positional(1, 1);
            return test.test(self(arguments));
        };
    }

    private static void addSearches(Map<String, PyFunction> methods) {
        methods.put("find", arguments -> PySearch.of(arguments).find(false));
        methods.put("rfind", arguments -> PySearch.of(arguments).find(true));
        methods.put("index", arguments -> PySearch.of(arguments).index(false));
        methods.put("rindex", arguments -> PySearch.of(arguments).index(true));
        methods.put("count", arguments -> PySearch.of(arguments).count());
        methods.put("startswith", arguments -> PySearch.isAt(arguments, true));
        methods.put("endswith", arguments -> PySearch.isAt(arguments, false));
    }

    private static void addCuts(Map<String, PyFunction> methods) {
        methods.put("strip", marking(arguments -> strip(arguments, true, true)));
        methods.put("lstrip", marking(arguments -> strip(arguments, true, false)));
        methods.put("rstrip", marking(arguments -> strip(arguments, false, true)));
        methods.put("split", marking(arguments -> split(arguments, false)));
        methods.put("rsplit", marking(arguments -> split(arguments, true)));
        methods.put("splitlines", marking(arguments -> {
            @Nullable Object[] given = arguments.bind(1, "self", "keepends");
            return Texts.splitLines(arguments.render.budget, self(arguments), arguments.flag(given[1]));
        }));
        methods.put("partition", marking(arguments -> partition(arguments, false)));
        methods.put("rpartition", marking(arguments -> partition(arguments, true)));
        methods.put("removeprefix", marking(arguments -> {
            String prefix = PyArguments.string(arguments.positional(2, 2)[1]);
            String text = self(arguments);
            return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
        }));
        methods.put("removesuffix", marking(arguments -> {
            String suffix = PyArguments.string(arguments.positional(2, 2)[1]);
            String text = self(arguments);
            return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
        }));
    }

    private static Object strip(PyArguments arguments, boolean left, boolean right) throws JinjaRenderException {
        String chars = PyArguments.optionalString(arguments.positional(1, 2)[1]);
        return PyText.stripped(self(arguments), chars, left, right);
    }

    private static Object split(PyArguments arguments, boolean fromRight) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "self", "sep", "maxsplit");
        String separator = PyArguments.optionalString(given[1]);
        long most = PyArguments.integer(given[2], -1);
        long splits = most < 0 ? Long.MAX_VALUE : most;
        String text = self(arguments);
        Budget budget = arguments.render.budget;
        if (separator == null) {
            return fromRight
                    ? PyText.splitSpaceFromRight(budget, text, splits)
                    : Texts.splitPythonSpace(budget, text, splits);
        }
        if (separator.isEmpty()) {
            throw new JinjaRenderException("split: empty separator (expected: a text)");
        }
        return fromRight
                ? PyText.splitFromRight(budget, text, separator, splits)
                : Texts.split(budget, text, separator, splits);
    }

    private static Object partition(PyArguments arguments, boolean last) throws JinjaRenderException {
        String separator = PyArguments.string(arguments.positional(2, 2)[1]);
        if (separator.isEmpty()) {
            throw new JinjaRenderException("partition: empty separator (expected: a text)");
        }
        String text = self(arguments);
        int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return last ? PyTuple.of("", "", text) : PyTuple.of(text, "", "");
        }
        return PyTuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static void addPads(Map<String, PyFunction> methods) {
        methods.put("ljust", marking(arguments -> pad(arguments, '<')));
        methods.put("rjust", marking(arguments -> pad(arguments, '>')));
        methods.put("center", marking(arguments -> pad(arguments, '^')));
        methods.put("zfill", marking(arguments -> {
            long width = PyArguments.integer(arguments.positional(2, 2)[1]);
            return PyText.zeroFilled(arguments.render.budget, self(arguments), width);
        }));
        methods.put("expandtabs", marking(arguments -> {
            @Nullable Object[] given = arguments.bind(1, "self", "tabsize");
            long size = PyArguments.integer(given[1], PyText.TAB_COLUMNS);
            return PyText.tabsExpanded(arguments.render.budget, self(arguments), size);
        }));
    }

    private static Object pad(PyArguments arguments, char side) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 3);
        String fill = given[2] == null ? " " : PyArguments.string(given[2]);
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new JinjaRenderException("fill: more than a character (expected: one)");
        }
        return PyText.padded(arguments.render.budget, self(arguments), PyArguments.integer(given[1]), fill, side);
    }

    private static Object join(PyArguments arguments) throws JinjaRenderException {
        Object items = arguments.positional(2, 2)[1];
        boolean marked = arguments.self() instanceof PyMarkup;
        List<String> texts = new ArrayList<>();
        long chars = 0;
        for (Object item : PySequences.list(arguments.render, PyValue.of(items))) {
            String text =
                    marked ? PyMarkup.escape(arguments.render.budget, item).text() : PyArguments.string(item);
            texts.add(text);
            chars += text.length();
        }
        String separator = self(arguments);
        arguments.render.budget.build(chars + (long) separator.length() * texts.size());
        return String.join(separator, texts);
    }

    private static Object replace(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(3, 4);
        boolean marked = arguments.self() instanceof PyMarkup;
        String from = PyArguments.string(given[1]);
        String to = marked
                ? PyMarkup.escape(arguments.render.budget, PyValue.of(given[2])).text()
                : PyArguments.string(given[2]);
        long most = PyArguments.integer(given[3], -1);
        return Texts.replace(arguments.render.budget, self(arguments), from, to, most < 0 ? Long.MAX_VALUE : most);
    }
}
