package io.kvepp.inference.openai;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed reading of JSON objects; a null value counts as absent.
///
/// Thread-safe.
final class Fields {
    private Fields() {}

    static @Nullable String string(Map<String, @Nullable Object> object, String name) throws UnsupportedBodyException {
        return typed(object, name, String.class);
    }

    static @Nullable Boolean bool(Map<String, @Nullable Object> object, String name) throws UnsupportedBodyException {
        return typed(object, name, Boolean.class);
    }

    static @Nullable Map<String, @Nullable Object> object(Map<String, @Nullable Object> object, String name)
            throws UnsupportedBodyException {
        return asObject(typed(object, name, Map.class));
    }

    static @Nullable List<@Nullable Object> array(Map<String, @Nullable Object> object, String name)
            throws UnsupportedBodyException {
        return asArray(typed(object, name, List.class));
    }

    static String requiredString(Map<String, @Nullable Object> object, String name) throws UnsupportedBodyException {
        return required(string(object, name), name);
    }

    static <T> T required(@Nullable T value, String name) throws UnsupportedBodyException {
        if (value == null) {
            throw new UnsupportedBodyException(name + " is missing");
        }
        return value;
    }

    /// A whole number from 0 to the largest int, else -1.
    static int count(Map<String, @Nullable Object> object, String name) {
        return object.get(name) instanceof Long value && value >= 0 && value <= Integer.MAX_VALUE
                ? value.intValue()
                : -1;
    }

    @SuppressWarnings("unchecked") // JSON objects have no other keys
    static @Nullable Map<String, @Nullable Object> asObject(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : null;
    }

    @SuppressWarnings("unchecked") // JSON arrays hold nothing else
    static @Nullable List<@Nullable Object> asArray(@Nullable Object value) {
        return value instanceof List<?> list ? (List<@Nullable Object>) list : null;
    }

    private static <T> @Nullable T typed(Map<String, @Nullable Object> object, String name, Class<T> type)
            throws UnsupportedBodyException {
        Object value = object.get(name);
        if (value == null) {
            return null;
        }
        if (!type.isInstance(value)) {
            throw new UnsupportedBodyException(name + " has another type");
        }
        return type.cast(value);
    }
}
