package io.kvepp.preprocess.jinja;

import io.kvepp.preprocess.jinja.PyComparison.Sortable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// jinja2's filters that sort, group and find extremes.
final class PyOrderFilters {
    private PyOrderFilters() {}

    static void addTo(Map<String, PyFunction> filters) {
        filters.put("sort", PyOrderFilters::sort);
        filters.put("dictsort", PyOrderFilters::dictSort);
        filters.put("unique", PyOrderFilters::unique);
        filters.put("groupby", PyOrderFilters::groupBy);
        filters.put("min", arguments -> extreme(arguments, -1));
        filters.put("max", arguments -> extreme(arguments, 1));
    }

    private static Object folded(Object key, boolean caseSensitive) {
        if (caseSensitive) {
            return key;
        }
        return switch (key) {
            case String text -> text.toLowerCase(Locale.ROOT);
            case PyMarkup markup -> markup.text().toLowerCase(Locale.ROOT);
            default -> key;
        };
    }

    private static List<Object> values(List<Sortable> sorted) {
        return new ArrayList<>(sorted.stream().map(Sortable::value).toList());
    }

    private static Object sort(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "reverse", "case_sensitive", "attribute");
        boolean caseSensitive = arguments.flag(given[2]);
        List<PyAttribute> ways = ways(given[3]);
        List<Sortable> items = new ArrayList<>();
        for (Object item : PySequences.list(arguments.render, PyValue.of(given[0]))) {
            List<Object> key = new ArrayList<>(ways.size());
            for (PyAttribute way : ways) {
                key.add(folded(way.of(arguments.render, item), caseSensitive));
            }
            items.add(new Sortable(key, item));
        }
        PyComparison.sort(arguments.render.budget, items, arguments.flag(given[1]));
        return values(items);
    }

    /// Several attributes stand in one text, between commas.
    private static List<PyAttribute> ways(@Nullable Object attribute) throws JinjaRenderException {
        List<PyAttribute> ways = new ArrayList<>();
        if (PyArguments.isString(attribute)) {
            for (String one : PyArguments.string(attribute).split(",", -1)) {
                ways.add(PyAttribute.of(one));
            }
        } else {
            ways.add(PyAttribute.of(attribute));
        }
        return ways;
    }

    private static Object dictSort(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "case_sensitive", "by", "reverse");
        String by = given[2] == null ? "key" : PyArguments.string(given[2]);
        if (!by.equals("key") && !by.equals("value")) {
            throw new JinjaRenderException("dictsort: by (expected: key or value)");
        }
        if (!(given[0] instanceof Map<?, ?> map)) {
            throw new JinjaRenderException("dictsort: no dict (expected: a dict)");
        }
        boolean caseSensitive = arguments.flag(given[1]);
        List<Sortable> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object key = Values.of(entry.getKey());
            Object value = Values.of(entry.getValue());
            pairs.add(new Sortable(folded(by.equals("key") ? key : value, caseSensitive), PyTuple.of(key, value)));
        }
        PyComparison.sort(arguments.render.budget, pairs, arguments.flag(given[3]));
        return values(pairs);
    }

    private static Object unique(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "case_sensitive", "attribute");
        boolean caseSensitive = arguments.flag(given[1]);
        PyAttribute way = PyAttribute.of(given[2]);
        Object value = PyValue.of(given[0]);
        return new PyIterator(() -> {
            Set<Object> seen = new HashSet<>();
            List<Object> unique = new ArrayList<>();
            for (Object item : PySequences.list(arguments.render, value)) {
                Object key = folded(way.of(arguments.render, item), caseSensitive);
                PyDicts.checkHashable(key);
                if (seen.add(PyDicts.plain(key))) {
                    unique.add(item);
                }
            }
            return unique;
        });
    }

    private static Object groupBy(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(2, "value", "attribute", "default", "case_sensitive");
        boolean caseSensitive = arguments.flag(given[3]);
        PyAttribute way = PyAttribute.of(given[1], given[2]);
        List<Sortable> items = new ArrayList<>();
        for (Object item : PySequences.list(arguments.render, PyValue.of(given[0]))) {
            items.add(new Sortable(folded(way.of(arguments.render, item), caseSensitive), item));
        }
        Budget budget = arguments.render.budget;
        PyComparison.sort(budget, items, false);
        List<Object> groups = new ArrayList<>();
        for (int from = 0; from < items.size(); ) {
            int to = from + 1;
            while (to < items.size()
                    && PyComparison.equal(
                            budget, items.get(from).key(), items.get(to).key())) {
                to++;
            }
            List<Object> members = values(items.subList(from, to));
            groups.add(new PyTuple(
                    List.of(way.of(arguments.render, members.get(0)), members), List.of("grouper", "list")));
            from = to;
        }
        return groups;
    }

    /// The first of the least or of the greatest items.
    private static Object extreme(PyArguments arguments, int sign) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "case_sensitive", "attribute");
        boolean caseSensitive = arguments.flag(given[1]);
        PyAttribute way = PyAttribute.of(given[2]);
        Object best = null;
        Object bestKey = None.INSTANCE;
        for (Object item : PySequences.list(arguments.render, PyValue.of(given[0]))) {
            Object key = folded(way.of(arguments.render, item), caseSensitive);
            if (best == null || sign * PyComparison.compare(arguments.render.budget, key, bestKey) > 0) {
                best = item;
                bestKey = key;
            }
        }
        return best == null ? Undefined.INSTANCE : best;
    }
}
