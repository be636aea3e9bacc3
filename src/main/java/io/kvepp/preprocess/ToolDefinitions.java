package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Completes tool definitions: templates print a description and the properties of the parameters
/// without asking whether there are any.
///
/// Thread-safe.
final class ToolDefinitions {
    private ToolDefinitions() {}

    static List<@Nullable Object> completed(List<@Nullable Object> tools) {
        List<@Nullable Object> result = new ArrayList<>(tools.size());
        for (Object element : tools) {
            Map<String, @Nullable Object> tool = Json.object(element);
            Map<String, @Nullable Object> function = tool == null ? null : Json.object(tool.get("function"));
            if (tool == null || function == null) {
                result.add(element);
                continue;
            }
            Map<String, @Nullable Object> copy = Json.copy(tool);
            copy.put("function", completed(function));
            result.add(copy);
        }
        return result;
    }

    private static Map<String, @Nullable Object> completed(Map<String, @Nullable Object> function) {
        Map<String, @Nullable Object> copy = Json.copy(function);
        if (!(copy.get("description") instanceof String)) {
            copy.put("description", "");
        }
        Map<String, @Nullable Object> parameters = Json.object(copy.get("parameters"));
        if (parameters != null) {
            Map<String, @Nullable Object> schema = Json.copy(parameters);
            if (!schema.containsKey("type")) {
                schema.put("type", "object");
            }
            if (!schema.containsKey("properties")) {
                schema.put("properties", Map.of());
            }
            copy.put("parameters", schema);
        }
        return copy;
    }
}
