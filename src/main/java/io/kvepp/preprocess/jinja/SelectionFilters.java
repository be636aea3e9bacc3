package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `select`, `reject`, `map` and their relatives.
final class SelectionFilters {
    private SelectionFilters() {}

    static void addTo(Map<String, Builtin> filters) {
        filters.put("select", (render, arguments) -> select(render, arguments, false, true));
        filters.put("reject", (render, arguments) -> select(render, arguments, false, false));
        filters.put("selectattr", (render, arguments) -> select(render, arguments, true, true));
        filters.put("rejectattr", (render, arguments) -> select(render, arguments, true, false));
        filters.put("map", SelectionFilters::map);
    }

    private static Object select(Render render, Arguments arguments, boolean byAttribute, boolean wanted)
            throws JinjaRenderException {
        Object value = arguments.value();
        String path = byAttribute ? arguments.text() : null;
        String testName = arguments.optionalText();
        List<Object> testArguments = arguments.rest();
        Builtin test = testName == null ? null : Tests.get(testName);
        if (testName != null && test == null) {
            throw new JinjaRenderException("test " + testName + " is unknown");
        }
        List<Object> selected = new ArrayList<>();
        for (Object item : ListFilters.copy(render, value)) {
            render.budget.steps(1);
            Object tested = path == null ? item : path(item, path);
            boolean passed = Values.truth(test == null ? tested : test.call(render, prepend(tested, testArguments)));
            if (passed == wanted) {
                selected.add(item);
            }
        }
        return selected;
    }

    private static Object[] prepend(Object first, List<Object> others) {
        Object[] values = new Object[others.size() + 1];
        values[0] = first;
        for (int i = 0; i < others.size(); i++) {
            values[i + 1] = others.get(i);
        }
        return values;
    }

    /// The value at `a.b.0` below `value`; an error when something on the way is undefined.
    static Object path(Object value, String path) throws JinjaRenderException {
        Object at = value;
        int from = 0;
        while (from <= path.length()) {
            int dot = path.indexOf('.', from);
            int end = dot < 0 ? path.length() : dot;
            String part = path.substring(from, end);
            Object key = isIndex(part) ? (Object) Long.parseLong(part) : part;
            Object found = key instanceof String name ? Values.attribute(at, name) : Values.item(at, key);
            at = found == null ? Values.missing(at, key) : found;
            from = end + 1;
        }
        return at;
    }

    /// As [#path], with `standIn` for what is undefined.
    static Object pathOr(Object value, String path, Object standIn) {
        try {
            Object found = path(value, path);
            return found == Undefined.INSTANCE ? standIn : found;
        } catch (JinjaRenderException undefinedOnTheWay) {
            return standIn;
        }
    }

    private static boolean isIndex(String part) {
        return !part.isEmpty() && part.length() < 19 && part.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static Object map(Render render, Arguments given) throws JinjaRenderException {
        Object value = given.value();
        Arguments arguments = given.withKeywords();
        Object attribute = arguments.keyword("attribute");
        if (attribute != null) {
            return mapAttribute(render, value, attribute, arguments);
        }
        if (!arguments.hasNext()) {
            throw new JinjaRenderException("map: filter name is required");
        }
        String name = arguments.string();
        Builtin filter = Filters.get(name);
        if (filter == null) {
            throw new JinjaRenderException("filter " + name + " is unknown");
        }
        List<Object> rest = arguments.rest();
        List<Object> mapped = new ArrayList<>();
        for (Object item : ListFilters.copy(render, value)) {
            render.budget.steps(1);
            mapped.add(filter.call(render, prepend(item, rest)));
        }
        return mapped;
    }

    private static Object mapAttribute(Render render, Object value, Object attribute, Arguments arguments)
            throws JinjaRenderException {
        Object named = arguments.keyword("default");
        arguments.end();
        List<Object> mapped = new ArrayList<>();
        for (Object item : ListFilters.copy(render, value)) {
            render.budget.steps(1);
            mapped.add(attributeOf(item, attribute, named));
        }
        return mapped;
    }

    private static Object attributeOf(Object item, Object attribute, @Nullable Object standIn)
            throws JinjaRenderException {
        if (attribute instanceof String path) {
            return standIn == null ? path(item, path) : pathOr(item, path, standIn);
        }
        Object found = Values.item(item, attribute);
        if (found != null && found != Undefined.INSTANCE) {
            return found;
        }
        return standIn == null ? Values.missing(item, attribute) : standIn;
    }
}
