package io.kvepp.preprocess.jinja;

import java.util.AbstractList;
import java.util.Map;
import java.util.RandomAccess;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The functions that every template can call unless its context names something else so.
final class Globals {
    private static final int RANGE_ITEMS_MAX = 100_000;

    private static final Map<String, Builtin> ALL = Map.of(
            "range", Globals::range,
            "dict", Globals::dict,
            "namespace", Globals::namespace,
            "raise_exception", Globals::raiseException,
            "strftime_now", Globals::strftimeNow);

    private Globals() {}

    static @Nullable Builtin get(String name) {
        return ALL.get(name);
    }

    private static Object range(Render render, Arguments arguments) throws JinjaRenderException {
        long first = arguments.integer();
        Long second = arguments.optionalInteger();
        Long third = arguments.optionalInteger();
        arguments.end();
        long start = second == null ? 0 : first;
        long stop = second == null ? first : second;
        long step = third == null ? 1 : third;
        if (step == 0) {
            throw new JinjaRenderException("cannot create range with step of 0");
        }
        long count = 0;
        if (step > 0 ? start < stop : start > stop) {
            double exact = Math.ceil(((double) stop - (double) start) / (double) step);
            count = exact > RANGE_ITEMS_MAX ? (long) exact : (stop - start + step - Long.signum(step)) / step;
        }
        if (count > RANGE_ITEMS_MAX) {
            throw new JinjaRenderException("range: too many items (expected: at most " + RANGE_ITEMS_MAX + ")");
        }
        return new View(new Range(start, step, (int) count));
    }

    /// `count` integers from `start`, `step` apart.
    private static final class Range extends AbstractList<Object> implements RandomAccess {
        private final long start;
        private final long step;
        private final int count;

        Range(long start, long step, int count) {
            this.start = start;
            this.step = step;
            this.count = count;
        }

        @Override
        public Object get(int index) {
            return start + index * step;
        }

        @Override
        public int size() {
            return count;
        }
    }

    private static Object dict(Render render, Arguments given) throws JinjaRenderException {
        Arguments arguments = given.withKeywords();
        Object base = arguments.optional();
        Keywords keywords = arguments.keywords();
        arguments.end();
        Dict dict = new Dict();
        if (base != null) {
            if (Values.kind(base) != Kind.MAP) {
                throw new JinjaRenderException("dict: " + Values.kind(base) + " (expected: a map)");
            }
            for (Object key : ListFilters.copy(render, base)) {
                dict.put(key, Values.of(Values.item(base, key)));
            }
        }
        if (keywords != null) {
            dict.putAll(keywords);
        }
        return dict;
    }

    private static Object namespace(Render render, Arguments arguments) throws JinjaRenderException {
        Object defaults = arguments.optional();
        arguments.end();
        Namespace namespace = new Namespace(new TreeMap<>());
        if (defaults == null) {
            return namespace;
        }
        if (Values.kind(defaults) != Kind.MAP) {
            throw new JinjaRenderException(
                    "namespace: " + Values.kind(defaults) + " (expected: a map or keyword arguments)");
        }
        for (Object key : ListFilters.copy(render, defaults)) {
            if (key instanceof String name) {
                namespace.put(name, Values.of(Values.item(defaults, name)));
            }
        }
        return namespace;
    }

    private static Object raiseException(Render render, Arguments arguments) throws JinjaRenderException {
        String message = arguments.text();
        arguments.end();
        throw JinjaRenderException.raised(message);
    }

    private static Object strftimeNow(Render render, Arguments arguments) throws JinjaRenderException {
        String pattern = arguments.string();
        arguments.end();
        return Strftime.format(pattern, render.settings.clock().instant().atZone(render.settings.zone()));
    }
}
