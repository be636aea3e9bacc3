package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What `keys`, `values` and `items` of a dict are.
///
/// Immutable as long as the dict is.
record PyView(Kind kind, Map<?, ?> map) {
    enum Kind {
        KEYS("dict_keys"),
        VALUES("dict_values"),
        ITEMS("dict_items");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    List<Object> items() {
        List<Object> items = new ArrayList<>(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object key = Values.of(entry.getKey());
            Object value = Values.of(entry.getValue());
            items.add(
                    switch (kind) {
                        case KEYS -> key;
                        case VALUES -> value;
                        case ITEMS -> PyTuple.of(key, value);
                    });
        }
        return items;
    }

    static @Nullable Kind named(String method) {
        return switch (method) {
            case "keys" -> Kind.KEYS;
            case "values" -> Kind.VALUES;
            case "items" -> Kind.ITEMS;
            default -> null;
        };
    }
}
