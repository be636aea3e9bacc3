package io.kvepp.inference.chat;

import io.kvepp.inference.body.UnsupportedBodyException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How large a strict schema may be before the frontend has to judge it: somewhere above these
/// numbers it refuses.
///
/// Confined to one call.
final class StrictLimits {
    private static final int LEVELS_MAX = 11;
    private static final int PROPERTIES_MAX = 5_000;
    private static final int VALUES_MAX = 1_000;
    private static final int LIST_VALUES_MAX = 250;
    private static final int CHARS_MAX = 60_000;

    private int properties;
    private int listed;
    private long chars;

    /// Adds one schema, inside `levels` objects.
    void count(Map<String, @Nullable Object> schema, int levels) throws UnsupportedBodyException {
        if (schema.get("enum") instanceof List<?> list) {
            listed += list.size();
            if (list.size() > LIST_VALUES_MAX) {
                listed = VALUES_MAX + 1;
            }
            list.forEach(this::text);
        }
        text(schema.get("const"));
        for (String word : List.of("properties", "patternProperties", "$defs", "definitions", "dependencies")) {
            if (schema.get(word) instanceof Map<?, ?> map) {
                properties += map.size();
                map.keySet().forEach(this::text);
            }
        }
        if (levels > LEVELS_MAX || properties > PROPERTIES_MAX || listed > VALUES_MAX || chars > CHARS_MAX) {
            throw UnsupportedBodyException.form("a strict schema of this size");
        }
    }

    private void text(@Nullable Object value) {
        switch (value) {
            case String text -> chars += text.length();
            case List<?> list -> list.forEach(this::text);
            case Map<?, ?> map ->
                map.forEach((key, member) -> {
                    text(key);
                    text(member);
                });
            case null, default -> {}
        }
    }
}
