package io.kvepp.preprocess.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The functions that jinja2 and transformers give every template.
final class PyGlobals {
    private static final Map<String, PyFunction> ALL = Map.of(
            "range", PyGlobals::range,
            "dict", PyGlobals::dict,
            "namespace", PyGlobals::namespace,
            "cycler", arguments -> new PyCycler(arguments.positional),
            "joiner", PyGlobals::joiner,
            "raise_exception", PyGlobals::raiseException,
            "strftime_now", PyGlobals::strftimeNow);

    private PyGlobals() {}

    static @Nullable PyFunction get(String name) {
        return ALL.get(name);
    }

    private static Object range(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(1, 3);
        long first = PyArguments.integer(given[0]);
        long step = PyArguments.integer(given[2], 1);
        return given[1] == null ? PyRange.of(0, first, step) : PyRange.of(first, PyArguments.integer(given[1]), step);
    }

    private static Object dict(PyArguments arguments) throws JinjaRenderException {
        if (arguments.positional.size() > 1) {
            throw new JinjaRenderException("dict: too many arguments (expected: at most one)");
        }
        Dict dict = new Dict();
        Object base = arguments.positional.isEmpty() ? dict : arguments.positional.get(0);
        if (base instanceof Map<?, ?> map) {
            map.forEach((key, value) -> dict.put(Values.of(key), Values.of(value)));
        } else {
            for (Object pair : PySequences.list(arguments.render, base)) {
                List<Object> both = PySequences.list(arguments.render, pair);
                if (both.size() != 2) {
                    throw new JinjaRenderException("dict: " + both.size() + " items (expected: a pair)");
                }
                PyDicts.put(dict, both.get(0), both.get(1));
            }
        }
        dict.putAll(arguments.keywords);
        return dict;
    }

    private static Object namespace(PyArguments arguments) throws JinjaRenderException {
        Namespace namespace = new Namespace(new LinkedHashMap<>());
        if (dict(arguments) instanceof Dict members) {
            for (Map.Entry<Object, Object> member : members.entrySet()) {
                if (member.getKey() instanceof String name) {
                    namespace.put(name, member.getValue());
                }
            }
        }
        return namespace;
    }

    private static Object joiner(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(0, "sep");
        Object separator = given[0] == null ? ", " : given[0];
        return new PyFunction() {
            private boolean used;

            @Override
            public Object apply(PyArguments none) {
                boolean first = !used;
                used = true;
                return first ? "" : separator;
            }
        };
    }

    private static Object raiseException(PyArguments arguments) throws JinjaRenderException {
        Object message = PyValue.of(arguments.bind(1, "message")[0]);
        throw JinjaRenderException.raised(PyRepr.text(arguments.render.budget, message));
    }

    private static Object strftimeNow(PyArguments arguments) throws JinjaRenderException {
        String pattern = PyArguments.string(arguments.bind(1, "format")[0]);
        JinjaSettings settings = arguments.render.settings;
        return PyStrftime.format(pattern, settings.clock().instant().atZone(settings.zone()));
    }
}
