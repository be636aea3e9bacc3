package io.kvepp.preprocess;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Views and copies of plain Java JSON values. Values are shared with the request and never
/// changed: whoever rewrites one copies it first.
///
/// Thread-safe.
final class Json {
    private Json() {}

    @SuppressWarnings("unchecked") // JSON objects have no other keys
    static @Nullable Map<String, @Nullable Object> object(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : null;
    }

    @SuppressWarnings("unchecked") // JSON arrays hold nothing else
    static @Nullable List<@Nullable Object> array(@Nullable Object value) {
        return value instanceof List<?> list ? (List<@Nullable Object>) list : null;
    }

    static Map<String, @Nullable Object> copy(Map<String, @Nullable Object> object) {
        return new LinkedHashMap<>(object);
    }

    static Map<String, @Nullable Object> textPart(String text) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }

    static boolean isTextPart(@Nullable Object part) {
        Map<String, @Nullable Object> object = object(part);
        return object != null && "text".equals(object.get("type"));
    }

    /// Removes a key the way the frontend's ordered map does: the last key takes its place. Seen by
    /// templates that print a whole message.
    static @Nullable Object swapRemove(Map<String, @Nullable Object> object, String key) {
        if (!object.containsKey(key)) {
            return null;
        }
        Map<String, @Nullable Object> before = new LinkedHashMap<>(object);
        String last = key;
        for (String name : before.keySet()) {
            last = name;
        }
        object.clear();
        for (Map.Entry<String, @Nullable Object> entry : before.entrySet()) {
            if (entry.getKey().equals(key) && !last.equals(key)) {
                object.put(last, before.get(last));
            } else if (!entry.getKey().equals(key) && !entry.getKey().equals(last)) {
                object.put(entry.getKey(), entry.getValue());
            }
        }
        return before.get(key);
    }
}
