package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A value with attributes that is neither a Java list nor a Java map.
interface Composite {
    Kind kind();

    /// The attribute or item of that key, or `null` when there is none.
    @Nullable
    Object get(Object key);

    /// What iteration yields: the keys of a map, the items of a sequence.
    List<Object> elements();

    /// How it prints, or `null` when it prints like any map or list.
    @Nullable
    String label();
}
