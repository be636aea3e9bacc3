package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Python tuple; the first items of a named one are attributes too.
///
/// Immutable.
record PyTuple(List<? extends Object> items, List<String> names) {
    PyTuple(List<? extends Object> items) {
        this(items, List.of());
    }

    static PyTuple of(Object... items) {
        return new PyTuple(List.of(items));
    }

    @Nullable
    Object get(String name) {
        int index = names.indexOf(name);
        return index < 0 ? null : items.get(index);
    }
}
