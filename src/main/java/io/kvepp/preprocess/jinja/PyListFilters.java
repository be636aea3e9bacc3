package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// jinja2's filters that take sequences and dicts apart or put them together.
final class PyListFilters {
    private static final int PARTS_MAX = 100_000;

    private PyListFilters() {}

    static void addTo(Map<String, PyFunction> filters) {
        PyFunction length = arguments ->
                PySequences.length(arguments.render, PyValue.of(arguments.positional(1, 1)[0]));
        filters.put("length", length);
        filters.put("count", length);
        filters.put("first", arguments -> {
            PyIterator items = PySequences.iterator(arguments.render, one(arguments, "seq"));
            return items.hasNext() ? items.next() : Undefined.INSTANCE;
        });
        filters.put("last", PyListFilters::last);
        filters.put("list", arguments -> PySequences.list(arguments.render, one(arguments, "value")));
        filters.put("items", PyListFilters::items);
        filters.put("reverse", PyListFilters::reverse);
        filters.put("join", PyListFilters::join);
        filters.put("batch", PyListFilters::batch);
        filters.put("slice", PyListFilters::slice);
        filters.put("sum", PyListFilters::sum);
        PyFunction standIn = arguments -> {
            @Nullable Object[] given = arguments.bind(1, "value", "default_value", "boolean");
            Object value = PyValue.of(given[0]);
            boolean missing = value == Undefined.INSTANCE || (arguments.flag(given[2]) && !PySequences.truth(value));
            return missing ? given[1] == null ? "" : given[1] : value;
        };
        filters.put("default", standIn);
        filters.put("d", standIn);
        filters.put("attr", arguments -> {
            @Nullable Object[] given = arguments.bind(2, "obj", "name");
            Object owner = PyValue.of(given[0]);
            String name = PyArguments.string(given[1]);
            return owner instanceof Map ? PyAccess.attributeOnly(owner, name) : PyAccess.attribute(owner, name);
        });
    }

    private static Object one(PyArguments arguments, String name) throws JinjaRenderException {
        return PyValue.of(arguments.bind(1, name)[0]);
    }

    private static Object last(PyArguments arguments) throws JinjaRenderException {
        List<? extends @Nullable Object> items = reversible(one(arguments, "seq"));
        if (items == null) {
            throw new JinjaRenderException("last: not reversible (expected: a sequence)");
        }
        return items.isEmpty() ? Undefined.INSTANCE : Values.of(items.get(items.size() - 1));
    }

    /// The items of what `reversed` takes, or `null`.
    private static @Nullable List<? extends @Nullable Object> reversible(Object value) {
        return PySequences.held(value);
    }

    private static Object items(PyArguments arguments) throws JinjaRenderException {
        Object value = one(arguments, "value");
        return new PyIterator(() -> {
            if (value == Undefined.INSTANCE) {
                return List.of();
            }
            if (!(value instanceof Map<?, ?> map)) {
                throw new JinjaRenderException("items: " + Values.kind(value) + " (expected: a dict)");
            }
            return new PyView(PyView.Kind.ITEMS, map).items();
        });
    }

    private static Object reverse(PyArguments arguments) throws JinjaRenderException {
        Object value = one(arguments, "value");
        if (PyArguments.isString(value)) {
            String text = PyArguments.string(value);
            arguments.render.budget.build(text.length());
            String reversed = new StringBuilder(text).reverse().toString();
            return value instanceof PyMarkup ? new PyMarkup(reversed) : reversed;
        }
        boolean reversible = reversible(value) != null;
        List<Object> items = new ArrayList<>(PySequences.list(arguments.render, value));
        Collections.reverse(items);
        return reversible ? new PyIterator(() -> items) : items;
    }

    private static Object join(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "d", "attribute");
        Budget budget = arguments.render.budget;
        String separator = given[1] == null ? "" : PyRepr.text(budget, given[1]);
        PyAttribute attribute = PyAttribute.of(given[2]);
        StringBuilder out = new StringBuilder();
        PyIterator items = PySequences.iterator(arguments.render, PyValue.of(given[0]));
        boolean first = true;
        while (items.hasNext()) {
            Object item = attribute.of(arguments.render, items.next());
            out.append(first ? "" : separator).append(PyRepr.text(budget, item));
            budget.checkLength(out.length());
            first = false;
        }
        budget.build(out.length());
        return out.toString();
    }

    private static int parts(@Nullable Object value) throws JinjaRenderException {
        long parts = PyArguments.integer(value);
        if (parts > PARTS_MAX) {
            throw JinjaRenderException.limit("parts: " + parts + " (expected: at most " + PARTS_MAX + ")");
        }
        return (int) Math.max(Integer.MIN_VALUE, parts);
    }

    private static Object batch(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(2, "value", "linecount", "fill_with");
        Object value = PyValue.of(given[0]);
        Object filler = given[2] == null ? None.INSTANCE : given[2];
        return new PyIterator(() -> {
            int size = parts(given[1]);
            List<Object> batches = new ArrayList<>();
            List<Object> batch = new ArrayList<>();
            for (Object item : PySequences.list(arguments.render, value)) {
                if (batch.size() == size) {
                    batches.add(batch);
                    batch = new ArrayList<>();
                }
                batch.add(item);
            }
            if (!batch.isEmpty()) {
                if (filler != None.INSTANCE && batch.size() < size) {
                    arguments.render.budget.items(size);
                    batch.addAll(Collections.nCopies(size - batch.size(), filler));
                }
                batches.add(batch);
            }
            return batches;
        });
    }

    private static Object slice(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(2, "value", "slices", "fill_with");
        Object value = PyValue.of(given[0]);
        Object filler = given[2] == null ? None.INSTANCE : given[2];
        return new PyIterator(() -> {
            int count = parts(given[1]);
            List<Object> items = PySequences.list(arguments.render, value);
            if (count == 0) {
                throw new JinjaRenderException("slice: 0 (expected: another number of slices)");
            }
            arguments.render.budget.items(Math.max(0, count));
            List<Object> slices = new ArrayList<>();
            int size = Math.floorDiv(items.size(), count);
            int larger = Math.floorMod(items.size(), count);
            int from = 0;
            for (int i = 0; i < count; i++) {
                int to = from + size + (i < larger ? 1 : 0);
                List<Object> slice = new ArrayList<>(items.subList(from, to));
                if (filler != None.INSTANCE && i >= larger) {
                    slice.add(filler);
                }
                slices.add(slice);
                from = to;
            }
            return slices;
        });
    }

    private static Object sum(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "iterable", "attribute", "start");
        PyAttribute attribute = PyAttribute.of(given[1]);
        Object sum = given[2] == null ? 0L : given[2];
        if (PyArguments.isString(sum)) {
            throw new JinjaRenderException("sum: a string (expected: no string to start with)");
        }
        for (Object item : PySequences.list(arguments.render, PyValue.of(given[0]))) {
            sum = arguments.render.dialect.add(arguments.render.budget, sum, attribute.of(arguments.render, item));
        }
        return sum;
    }
}
