package io.kvepp.inference.openai;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads `response_format` into the frontend's typed form: known keys in its order.
///
/// Thread-safe.
final class ResponseFormats {
    private static final String SCHEMA_TYPE = "json_schema";

    private ResponseFormats() {}

    static @Nullable Map<String, @Nullable Object> typed(@Nullable Map<String, @Nullable Object> format)
            throws UnsupportedBodyException {
        if (format == null) {
            return null;
        }
        String type = Fields.requiredString(format, "type");
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("type", type);
        switch (type) {
            case "text", "json_object" -> {}
            case SCHEMA_TYPE ->
                result.put(SCHEMA_TYPE, schema(Fields.required(Fields.object(format, SCHEMA_TYPE), SCHEMA_TYPE)));
            default -> throw new UnsupportedBodyException("response_format of another type");
        }
        return result;
    }

    private static Map<String, @Nullable Object> schema(Map<String, @Nullable Object> schema)
            throws UnsupportedBodyException {
        TypedObject typed = new TypedObject(schema);
        typed.string("description");
        typed.put("name", Fields.requiredString(schema, "name"));
        if (!schema.containsKey("schema")) {
            throw new UnsupportedBodyException("response_format without a schema");
        }
        typed.put("schema", schema.get("schema"));
        typed.bool("strict");
        return typed.result();
    }
}
