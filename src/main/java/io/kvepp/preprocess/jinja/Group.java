package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One group of `groupby`: a pair that also has the attributes `grouper` and `list`.
///
/// Confined to one render.
record Group(Object grouper, List<Object> list) implements Composite {
    @Override
    public Kind kind() {
        return Kind.SEQUENCE;
    }

    @Override
    public @Nullable Object get(Object key) {
        if ("grouper".equals(key)) {
            return grouper;
        }
        if ("list".equals(key)) {
            return new View(list);
        }
        Long index = Arguments.exactInteger(key);
        if (index == null) {
            return null;
        }
        return switch (Math.toIntExact(Math.clamp(index, -3, 2))) {
            case 0, -2 -> grouper;
            case 1, -1 -> new View(list);
            default -> null;
        };
    }

    @Override
    public List<Object> elements() {
        return List.of(grouper, new View(list));
    }

    @Override
    public @Nullable String label() {
        return null;
    }
}
