package io.kvepp.inference.openai;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Copies known keys of a JSON object in the order they are asked for; null counts as absent.
///
/// Confined to one call.
final class TypedObject {
    private final Map<String, @Nullable Object> source;
    private final Map<String, @Nullable Object> result = new LinkedHashMap<>();

    TypedObject(Map<String, @Nullable Object> source) {
        this.source = source;
    }

    Map<String, @Nullable Object> result() {
        return result;
    }

    void put(String name, @Nullable Object value) {
        result.put(name, value);
    }

    void string(String name) throws UnsupportedBodyException {
        putPresent(name, Fields.string(source, name));
    }

    void bool(String name) throws UnsupportedBodyException {
        putPresent(name, Fields.bool(source, name));
    }

    void any(String name) {
        putPresent(name, source.get(name));
    }

    void putPresent(String name, @Nullable Object value) {
        if (value != null) {
            result.put(name, value);
        }
    }
}
