package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The methods of strings, maps and lists, with Python's names. They win over an entry of the same
/// name.
final class Methods {
    private static final Map<String, Builtin> TEXT = text();
    private static final Map<String, Builtin> ALL = all();

    private Methods() {}

    /// The method of that name, for whichever kind has one.
    static @Nullable Builtin get(String name) {
        return ALL.get(name);
    }

    static boolean hasMethod(Kind kind, String name) {
        return switch (kind) {
            case STRING -> TEXT.containsKey(name);
            case SEQUENCE -> name.equals("count");
            case MAP -> name.equals("get") || name.equals("items") || name.equals("keys") || name.equals("values");
            case UNDEFINED, NONE, BOOLEAN, NUMBER, ITERABLE, PLAIN -> false;
        };
    }

    private static Map<String, Builtin> all() {
        Map<String, Builtin> methods = new HashMap<>(TEXT);
        methods.put("count", Methods::count);
        methods.put("keys", Methods::keys);
        methods.put("values", Methods::values);
        methods.put("items", (render, arguments) -> {
            Object map = arguments.value();
            arguments.end();
            return new View(ListFilters.pairs(render, map));
        });
        methods.put("get", Methods::getEntry);
        return Map.copyOf(methods);
    }

    private static Object keys(Render render, Arguments arguments) throws JinjaRenderException {
        Object map = arguments.value();
        arguments.end();
        return new View(ListFilters.copy(render, map));
    }

    private static Object values(Render render, Arguments arguments) throws JinjaRenderException {
        Object map = arguments.value();
        arguments.end();
        List<Object> values = new ArrayList<>();
        for (Object key : ListFilters.copy(render, map)) {
            values.add(Values.of(Values.item(map, key)));
        }
        return new View(values);
    }

    private static Object getEntry(Render render, Arguments arguments) throws JinjaRenderException {
        Object map = arguments.value();
        Object key = arguments.value();
        Object standIn = arguments.optional();
        arguments.end();
        Object found = Values.item(map, key);
        return found != null ? found : standIn != null ? standIn : None.INSTANCE;
    }

    private static Object count(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        Object wanted = arguments.value();
        arguments.end();
        if (value instanceof String text) {
            return countText(render, text, Arguments.toString(wanted));
        }
        long count = 0;
        for (Object item : ListFilters.copy(render, value)) {
            count += Comparison.equal(render.budget, item, wanted) ? 1 : 0;
        }
        return count;
    }

    private static Object countText(Render render, String text, String wanted) throws JinjaRenderException {
        if (wanted.isEmpty()) {
            throw JinjaRenderException.limit("count: '' (expected: text to look for)");
        }
        render.budget.scan(text.length());
        long count = 0;
        for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length())) {
            count++;
        }
        return count;
    }

    /// A method without arguments that turns text into text.
    private interface OfText {
        String apply(Budget budget, String text) throws JinjaRenderException;
    }

    private static Builtin plain(OfText method) {
        return (render, arguments) -> {
            String text = arguments.string();
            arguments.end();
            render.budget.build(text.length());
            return method.apply(render.budget, text);
        };
    }

    private static Builtin every(IntPredicate test, boolean whenEmpty) {
        return (render, arguments) -> {
            String text = arguments.string();
            arguments.end();
            render.budget.scan(text.length());
            return text.isEmpty() ? whenEmpty : text.codePoints().allMatch(test);
        };
    }

    private static Map<String, Builtin> text() {
        Map<String, Builtin> methods = new HashMap<>();
        methods.put("upper", plain((_, text) -> text.toUpperCase(Locale.ROOT)));
        methods.put("lower", plain((_, text) -> text.toLowerCase(Locale.ROOT)));
        methods.put("title", plain(Texts::title));
        methods.put("capitalize", plain(Texts::capitalize));
        methods.put("islower", every(Character::isLowerCase, true));
        methods.put("isupper", every(Character::isUpperCase, true));
        methods.put("isspace", every(Characters::isPythonSpace, false));
        methods.put("isdigit", every(Characters::isNumeric, true));
        methods.put("isnumeric", every(Characters::isNumeric, true));
        methods.put("isalpha", every(Character::isAlphabetic, true));
        methods.put("isalnum", every(c -> Character.isAlphabetic(c) || Characters.isNumeric(c), true));
        methods.put("isascii", every(c -> c < 0x80, true));
        methods.put("strip", (render, arguments) -> strip(render, arguments, true, true));
        methods.put("lstrip", (render, arguments) -> strip(render, arguments, true, false));
        methods.put("rstrip", (render, arguments) -> strip(render, arguments, false, true));
        methods.put("replace", Methods::replace);
        methods.put("split", Methods::split);
        methods.put("splitlines", Methods::splitLines);
        methods.put("count", Methods::count);
        methods.put("find", (render, arguments) -> find(render, arguments, true));
        methods.put("rfind", (render, arguments) -> find(render, arguments, false));
        methods.put("startswith", (render, arguments) -> hasAffix(render, arguments, true));
        methods.put("endswith", (render, arguments) -> hasAffix(render, arguments, false));
        methods.put("join", Methods::join);
        methods.put("format", (render, arguments) -> BraceFormat.format(render.budget, arguments.withKeywords()));
        return Map.copyOf(methods);
    }

    private static Object strip(Render render, Arguments arguments, boolean left, boolean right)
            throws JinjaRenderException {
        String text = arguments.string();
        String chars = arguments.optionalString();
        arguments.end();
        render.budget.scan(text.length());
        return Texts.strip(text, chars, left, right);
    }

    private static Object replace(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.string();
        String from = arguments.string();
        String to = arguments.string();
        Long most = arguments.optionalInteger();
        arguments.end();
        return Texts.replace(render.budget, text, from, to, most == null || most < 0 ? Long.MAX_VALUE : most);
    }

    private static Object split(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.string();
        String separator = arguments.optionalString();
        Long splits = arguments.optionalInteger();
        arguments.end();
        long most = splits == null || splits < 0 ? Long.MAX_VALUE : splits;
        return separator == null
                ? Texts.splitPythonSpace(render.budget, text, most)
                : Texts.split(render.budget, text, separator, most);
    }

    private static Object splitLines(Render render, Arguments arguments) throws JinjaRenderException {
        String text = arguments.string();
        Boolean keepEnds = arguments.optionalFlag();
        arguments.end();
        return Texts.splitLines(render.budget, text, Boolean.TRUE.equals(keepEnds));
    }

    private static Object find(Render render, Arguments arguments, boolean first) throws JinjaRenderException {
        String text = arguments.string();
        String wanted = arguments.string();
        arguments.end();
        render.budget.scan(text.length());
        int at = first ? text.indexOf(wanted) : text.lastIndexOf(wanted);
        return at < 0 ? -1L : Texts.utf8Length(text, at);
    }

    private static Object hasAffix(Render render, Arguments arguments, boolean prefix) throws JinjaRenderException {
        String text = arguments.string();
        Object wanted = arguments.value();
        arguments.end();
        if (wanted instanceof String affix) {
            return prefix ? text.startsWith(affix) : text.endsWith(affix);
        }
        if (!Values.kind(wanted).isListLike()) {
            throw new JinjaRenderException(
                    "argument: " + Values.kind(wanted) + " (expected: a string or a list of strings)");
        }
        for (Object item : ListFilters.copy(render, wanted)) {
            String affix = Arguments.toString(item);
            if (prefix ? text.startsWith(affix) : text.endsWith(affix)) {
                return true;
            }
        }
        return false;
    }

    private static Object join(Render render, Arguments arguments) throws JinjaRenderException {
        String joiner = arguments.string();
        Object values = arguments.value();
        arguments.end();
        return ListFilters.join(render, values, joiner);
    }
}
