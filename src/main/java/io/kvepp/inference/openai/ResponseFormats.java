package io.kvepp.inference.openai;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.chat.ChatMessages;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The form of an answer as the frontend types it: known keys in its order.
///
/// Thread-safe.
final class ResponseFormats {
    private static final String SCHEMA_TYPE = "json_schema";

    private ResponseFormats() {}

    /// `format` has been checked already.
    static @Nullable Map<String, @Nullable Object> typed(@Nullable Object format) {
        Map<String, @Nullable Object> given = Fields.asObject(format);
        if (given == null) {
            return null;
        }
        Map<String, @Nullable Object> result = ChatMessages.object();
        result.put("type", given.get("type"));
        Map<String, @Nullable Object> schema = Fields.asObject(given.get(SCHEMA_TYPE));
        if (schema != null && SCHEMA_TYPE.equals(given.get("type"))) {
            result.put(SCHEMA_TYPE, schema(schema));
        }
        return result;
    }

    private static Map<String, @Nullable Object> schema(Map<String, @Nullable Object> schema) {
        Map<String, @Nullable Object> result = ChatMessages.object();
        for (String name : List.of("description", "name", "schema", "strict")) {
            Object value = schema.get(name);
            if (value != null || name.equals("schema")) {
                result.put(name, value);
            }
        }
        return result;
    }
}
