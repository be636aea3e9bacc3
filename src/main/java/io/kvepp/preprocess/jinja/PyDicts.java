package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Keys of Python's dicts and sets: equal numbers are one key whatever their type.
final class PyDicts {
    private PyDicts() {}

    static void checkHashable(Object key) throws JinjaRenderException {
        switch (key) {
            case Map<?, ?> _, List<?> _, PyView _ ->
                throw new JinjaRenderException("unhashable type: " + Values.kind(key) + " (expected: a plain value)");
            case PyTuple tuple -> {
                for (Object item : tuple.items()) {
                    checkHashable(item);
                }
            }
            default -> {}
        }
    }

    /// The key under which all equal ones meet.
    static Object plain(Object key) {
        return switch (key) {
            case Boolean flag -> flag ? 1L : 0L;
            case Double number when number == number.longValue() -> number.longValue();
            case PyMarkup markup -> markup.text();
            case PyTuple tuple -> {
                List<Object> items = new ArrayList<>();
                tuple.items().forEach(item -> items.add(plain(item)));
                yield new PyTuple(items);
            }
            default -> key;
        };
    }

    /// The value of a key, or `null` when there is none.
    static @Nullable Object get(Map<?, ?> map, Object key) {
        Object present = present(map, key);
        return present == null ? null : Values.of(map.get(present));
    }

    /// The key of the map that equals `key`, or `null`.
    private static @Nullable Object present(Map<?, ?> map, Object key) {
        if (map.containsKey(key)) {
            return key;
        }
        if (!(map instanceof Dict)) {
            Object text = key instanceof PyMarkup markup ? markup.text() : key;
            return map.containsKey(text) ? text : null;
        }
        Object wanted = plain(key);
        for (Object candidate : map.keySet()) {
            if (candidate != null && plain(candidate).equals(wanted)) {
                return candidate;
            }
        }
        return null;
    }

    /// Adds an entry; an equal key that is there already stays.
    static void put(Dict dict, Object key, Object value) throws JinjaRenderException {
        checkHashable(key);
        Object present = key instanceof String ? key : present(dict, key);
        dict.put(present == null ? key : present, value);
    }
}
