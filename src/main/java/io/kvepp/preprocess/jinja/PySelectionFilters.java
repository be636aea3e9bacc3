package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// jinja2's filters that apply a test or filter to each item. What they yield can be taken once.
final class PySelectionFilters {
    private PySelectionFilters() {}

    static void addTo(Map<String, PyFunction> filters) {
        filters.put("map", PySelectionFilters::map);
        filters.put("select", arguments -> select(arguments, false, true));
        filters.put("reject", arguments -> select(arguments, false, false));
        filters.put("selectattr", arguments -> select(arguments, true, true));
        filters.put("rejectattr", arguments -> select(arguments, true, false));
    }

    /// What is done to each item.
    private interface Step {
        Object apply(Object item) throws JinjaRenderException;
    }

    private static Object map(PyArguments arguments) throws JinjaRenderException {
        Object value = arguments.self();
        Render render = arguments.render;
        return new PyIterator(() -> {
            if (!PySequences.truth(value)) {
                return List.of();
            }
            Step step = mapping(arguments);
            List<Object> mapped = new ArrayList<>();
            for (Object item : PySequences.list(render, value)) {
                render.budget.steps(1);
                mapped.add(step.apply(item));
            }
            return mapped;
        });
    }

    private static Step mapping(PyArguments arguments) throws JinjaRenderException {
        Render render = arguments.render;
        Object attribute = arguments.keywords.get("attribute");
        if (arguments.positional.size() == 1 && attribute != null) {
            Object standIn = arguments.keywords.get("default");
            if (arguments.keywords.size() > (standIn == null ? 1 : 2)) {
                throw new JinjaRenderException("unknown keyword argument in " + arguments.keywords.keySet());
            }
            PyAttribute way = PyAttribute.of(attribute, standIn);
            return item -> way.of(render, item);
        }
        if (arguments.positional.size() == 1) {
            throw new JinjaRenderException("map: no filter (expected: its name)");
        }
        String name = PyArguments.string(arguments.positional.get(1));
        Callable filter = render.dialect.filter(name);
        if (filter == null) {
            throw new JinjaRenderException("filter " + name + " is unknown");
        }
        return item -> filter.call(render, withRest(arguments, item, 2));
    }

    /// The arguments for a filter or test of one item: those from `from` on, and the keywords.
    private static Object[] withRest(PyArguments arguments, Object item, int from) {
        List<Object> values = new ArrayList<>();
        values.add(item);
        values.addAll(arguments.positional.subList(from, arguments.positional.size()));
        if (!arguments.keywords.isEmpty()) {
            values.add(arguments.keywords);
        }
        return values.toArray();
    }

    private static Object select(PyArguments arguments, boolean byAttribute, boolean wanted)
            throws JinjaRenderException {
        Object value = arguments.self();
        Render render = arguments.render;
        return new PyIterator(() -> {
            if (!PySequences.truth(value)) {
                return List.of();
            }
            Step step = testing(arguments, byAttribute);
            List<Object> selected = new ArrayList<>();
            for (Object item : PySequences.list(render, value)) {
                render.budget.steps(1);
                if (PySequences.truth(step.apply(item)) == wanted) {
                    selected.add(item);
                }
            }
            return selected;
        });
    }

    private static Step testing(PyArguments arguments, boolean byAttribute) throws JinjaRenderException {
        Render render = arguments.render;
        int next = 1;
        if (byAttribute && arguments.positional.size() < 2) {
            throw new JinjaRenderException("selectattr: no attribute (expected: its name)");
        }
        PyAttribute way = PyAttribute.of(byAttribute ? arguments.positional.get(next++) : null);
        int from = next + 1;
        if (arguments.positional.size() < from) {
            return item -> way.of(render, item);
        }
        String name = PyArguments.string(arguments.positional.get(next));
        Callable test = render.dialect.test(name);
        if (test == null) {
            throw new JinjaRenderException("test " + name + " is unknown");
        }
        return item -> test.call(render, withRest(arguments, way.of(render, item), from));
    }
}
