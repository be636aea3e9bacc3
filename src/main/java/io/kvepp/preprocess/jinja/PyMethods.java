package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The methods of dicts, sequences and numbers that change nothing.
final class PyMethods {
    static final PyFunction COPY_LIST = arguments -> {
        Object list = arguments.positional(1, 1)[0];
        return list == null ? List.of() : PySequences.list(arguments.render, list);
    };
    static final PyFunction IS_INTEGER = arguments -> {
        Object number = arguments.positional(1, 1)[0];
        return number instanceof Double value && Double.isFinite(value) && value == Math.rint(value);
    };
    static final PyFunction BIT_LENGTH = arguments -> {
        Object number = arguments.positional(1, 1)[0];
        return number == null ? 0L : (long) PyNumbers.big(number).abs().bitLength();
    };

    private PyMethods() {}

    static @Nullable PyFunction ofDict(String name) {
        PyView.Kind view = PyView.named(name);
        if (view != null) {
            return arguments -> new PyView(view, map(arguments.positional(1, 1)[0]));
        }
        return switch (name) {
            case "get" -> PyMethods::get;
            case "copy" -> PyMethods::copy;
            default -> null;
        };
    }

    private static Map<?, ?> map(@Nullable Object value) throws JinjaRenderException {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new JinjaRenderException("argument: no dict (expected: a dict)");
    }

    private static Object get(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 3);
        Object key = given[1] == null ? None.INSTANCE : given[1];
        PyDicts.checkHashable(key);
        Object found = PyDicts.get(map(given[0]), key);
        return found != null ? found : given[2] != null ? given[2] : None.INSTANCE;
    }

    private static Object copy(PyArguments arguments) throws JinjaRenderException {
        Dict copy = new Dict();
        map(arguments.positional(1, 1)[0]).forEach((key, value) -> copy.put(Values.of(key), Values.of(value)));
        return copy;
    }

    static @Nullable PyFunction ofSequence(String name) {
        return switch (name) {
            case "count" -> PyMethods::count;
            case "index" -> PyMethods::index;
            default -> null;
        };
    }

    private static Object count(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 2);
        long count = 0;
        for (Object item : PySequences.list(arguments.render, arguments.self())) {
            count += PyComparison.equal(arguments.render.budget, item, PyValue.of(given[1])) ? 1 : 0;
        }
        return count;
    }

    private static Object index(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 4);
        List<Object> items = new ArrayList<>(PySequences.list(arguments.render, arguments.self()));
        int from = clamp(PyArguments.integer(given[2], 0), items.size());
        int to = clamp(PyArguments.integer(given[3], items.size()), items.size());
        for (int i = from; i < to; i++) {
            if (PyComparison.equal(arguments.render.budget, items.get(i), PyValue.of(given[1]))) {
                return (long) i;
            }
        }
        throw new JinjaRenderException("index: not in the sequence (expected: an item of it)");
    }

    static int clamp(long bound, int size) {
        return Math.clamp(bound < 0 ? bound + size : bound, 0, size);
    }
}
