package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Filters that order, group or compare the items of a list.
final class OrderFilters {
    private OrderFilters() {}

    static void addTo(Map<String, Builtin> filters) {
        filters.put("sort", OrderFilters::sort);
        filters.put("dictsort", OrderFilters::dictsort);
        filters.put("unique", OrderFilters::unique);
        filters.put("groupby", OrderFilters::groupby);
        filters.put("min", (render, arguments) -> extreme(render, arguments, -1));
        filters.put("max", (render, arguments) -> extreme(render, arguments, 1));
    }

    /// Compares two items; may fail.
    private interface Order {
        int compare(Object left, Object right) throws JinjaRenderException;
    }

    /// Carries a failure out of a comparator of the JDK.
    private static final class ComparisonFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final JinjaRenderException failure;

        ComparisonFailed(JinjaRenderException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    static List<Object> sorted(Render render, List<Object> items) throws JinjaRenderException {
        sortBy(render, items, (left, right) -> Comparison.compare(render.budget, left, right));
        return items;
    }

    private static void sortBy(Render render, List<Object> items, Order order) throws JinjaRenderException {
        render.budget.steps(items.size());
        try {
            items.sort((left, right) -> comparing(order, left, right));
        } catch (ComparisonFailed failed) {
            throw failed.failure;
        } catch (IllegalArgumentException noTotalOrder) {
            throw new JinjaRenderException("failed to sort: items have no order");
        }
    }

    private static int comparing(Order order, Object left, Object right) {
        try {
            return order.compare(left, right);
        } catch (JinjaRenderException failure) {
            throw new ComparisonFailed(failure);
        }
    }

    private static int compare(Render render, Object left, Object right, boolean caseSensitive)
            throws JinjaRenderException {
        if (!caseSensitive && left instanceof String a && right instanceof String b) {
            return Comparison.compareText(render.budget, asciiLower(render, a), asciiLower(render, b));
        }
        return Comparison.compare(render.budget, left, right);
    }

    private static String asciiLower(Render render, String text) throws JinjaRenderException {
        render.budget.scan(text.length());
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                if (out == null) {
                    out = new StringBuilder(text);
                }
                out.setCharAt(i, (char) (c - 'A' + 'a'));
            }
        }
        return out == null ? text : out.toString();
    }

    private static Object sort(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        Object value = arguments.value();
        boolean caseSensitive = arguments.keywordFlag("case_sensitive");
        boolean reverse = arguments.keywordFlag("reverse");
        String attribute = arguments.keywordString("attribute");
        arguments.end();
        List<Object> items = ListFilters.copy(render, value);
        int sign = reverse ? -1 : 1;
        List<String> paths = attribute == null ? List.of() : paths(attribute);
        if (attribute == null) {
            sortBy(render, items, (left, right) -> sign * compare(render, left, right, caseSensitive));
        } else if (paths.size() > 1) {
            sortBy(
                    render,
                    items,
                    (left, right) -> sign * Comparison.compare(render.budget, keys(left, paths), keys(right, paths)));
        } else {
            String path = paths.isEmpty() ? attribute : paths.get(0);
            sortBy(render, items, (left, right) -> {
                Object a = pathOrNull(left, path);
                Object b = pathOrNull(right, path);
                return a == null || b == null ? 0 : sign * compare(render, a, b, caseSensitive);
            });
        }
        return items;
    }

    private static List<String> paths(String attribute) {
        List<String> paths = new ArrayList<>();
        int from = 0;
        while (from <= attribute.length()) {
            int comma = attribute.indexOf(',', from);
            int end = comma < 0 ? attribute.length() : comma;
            if (end > from) {
                paths.add(attribute.substring(from, end).strip());
            }
            from = end + 1;
        }
        return paths;
    }

    private static List<Object> keys(Object item, List<String> paths) {
        List<Object> keys = new ArrayList<>(paths.size());
        for (String path : paths) {
            keys.add(SelectionFilters.pathOr(item, path, Undefined.INSTANCE));
        }
        return keys;
    }

    private static @Nullable Object pathOrNull(Object item, String path) {
        try {
            return SelectionFilters.path(item, path);
        } catch (JinjaRenderException undefinedOnTheWay) {
            return null;
        }
    }

    private static Object dictsort(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        Object value = arguments.value();
        if (Values.kind(value) != Kind.MAP) {
            throw new JinjaRenderException("cannot convert " + Values.kind(value) + " into pair list");
        }
        String by = arguments.keywordString("by");
        boolean caseSensitive = arguments.keywordFlag("case_sensitive");
        int sign = arguments.keywordFlag("reverse") ? -1 : 1;
        arguments.end();
        int part = "value".equals(by) ? 1 : 0;
        List<Object> pairs = ListFilters.pairs(render, value);
        sortBy(
                render,
                pairs,
                (left, right) -> sign * compare(render, pairPart(left, part), pairPart(right, part), caseSensitive));
        return pairs;
    }

    private static Object pairPart(Object pair, int part) {
        return Values.of(Values.item(pair, (long) part));
    }

    private static Object unique(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        Object value = arguments.value();
        String attribute = arguments.keywordString("attribute");
        boolean caseSensitive = arguments.keywordFlag("case_sensitive");
        arguments.end();
        TreeSet<Object> seen = new TreeSet<>(
                (left, right) -> comparing((a, b) -> Comparison.compare(render.budget, a, b), left, right));
        List<Object> unique = new ArrayList<>();
        try {
            for (Object item : ListFilters.copy(render, value)) {
                render.budget.steps(1);
                Object key = attribute == null ? item : SelectionFilters.pathOr(item, attribute, Undefined.INSTANCE);
                if (!caseSensitive && key instanceof String text) {
                    render.budget.build(text.length());
                    key = text.toLowerCase(Locale.ROOT);
                }
                if (seen.add(key)) {
                    unique.add(item);
                }
            }
        } catch (ComparisonFailed failed) {
            throw failed.failure;
        }
        return unique;
    }

    private static Object groupby(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        Object value = arguments.value();
        String positional = arguments.optionalString();
        Object named = arguments.keyword("default");
        Object standIn = named == null ? Undefined.INSTANCE : named;
        boolean caseSensitive = arguments.keywordFlag("case_sensitive");
        String attribute = positional == null ? arguments.keywordString("attribute") : positional;
        arguments.end();
        if (attribute == null) {
            throw new JinjaRenderException("missing keyword argument 'attribute'");
        }
        List<Object> items = ListFilters.copy(render, value);
        sortBy(
                render,
                items,
                (left, right) -> compare(
                        render,
                        SelectionFilters.pathOr(left, attribute, standIn),
                        SelectionFilters.pathOr(right, attribute, standIn),
                        caseSensitive));
        return groups(render, items, item -> SelectionFilters.pathOr(item, attribute, standIn), caseSensitive);
    }

    private static List<Object> groups(
            Render render, List<Object> sorted, UnaryOperator<Object> grouperOf, boolean caseSensitive)
            throws JinjaRenderException {
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        Object grouper = Undefined.INSTANCE;
        for (Object item : sorted) {
            Object next = grouperOf.apply(item);
            if (!members.isEmpty() && compare(render, grouper, next, caseSensitive) != 0) {
                groups.add(new Group(grouper, members));
                members = new ArrayList<>();
            }
            grouper = next;
            members.add(item);
        }
        if (!members.isEmpty()) {
            groups.add(new Group(grouper, members));
        }
        return groups;
    }

    /// The first of the least items, or the last of the greatest ones.
    private static Object extreme(Render render, Arguments arguments, int sign) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        Object best = null;
        for (Object item : ListFilters.copy(render, value)) {
            int order = best == null ? 1 : sign * Comparison.compare(render.budget, item, best);
            if (order > 0 || (order == 0 && sign > 0)) {
                best = item;
            }
        }
        return best == null ? Undefined.INSTANCE : best;
    }
}
