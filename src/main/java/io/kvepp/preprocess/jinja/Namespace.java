package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What `namespace()` makes: the one object whose attributes a template can set.
///
/// Confined to one render.
final class Namespace implements Composite {
    private final Map<String, Object> members;

    /// Without members yet; `members` decides on their order.
    Namespace(Map<String, Object> members) {
        this.members = members;
    }

    Map<String, Object> members() {
        return members;
    }

    void put(String name, Object value) {
        members.put(name, value);
    }

    @Override
    public Kind kind() {
        return Kind.MAP;
    }

    @Override
    public @Nullable Object get(Object key) {
        return key instanceof String name ? members.get(name) : null;
    }

    @Override
    public List<Object> elements() {
        return new ArrayList<>(members.keySet());
    }

    @Override
    public @Nullable String label() {
        return null;
    }
}
