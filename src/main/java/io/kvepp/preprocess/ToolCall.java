package io.kvepp.preprocess;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One tool call of an answer; the arguments are JSON text.
///
/// Immutable.
record ToolCall(String id, String name, String arguments) {
    /// The call as it stands in a message.
    static ToolCall of(@Nullable Object value) {
        Map<String, @Nullable Object> call = Json.object(value);
        Map<String, @Nullable Object> function = call == null ? null : Json.object(call.get("function"));
        return call == null || function == null
                ? new ToolCall("", "", "")
                : new ToolCall(text(call.get("id")), text(function.get("name")), text(function.get("arguments")));
    }

    private static String text(@Nullable Object value) {
        return value instanceof String text ? text : "";
    }
}
