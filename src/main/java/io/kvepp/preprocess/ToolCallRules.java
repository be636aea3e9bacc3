package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns the JSON text of tool-call arguments into values, for templates that print values.
///
/// Thread-safe.
final class ToolCallRules {
    private ToolCallRules() {}

    /// `message` is a copy that may be changed. Text that is no JSON stays text.
    static void apply(Map<String, @Nullable Object> message, TemplateTraits traits) {
        List<@Nullable Object> calls = Json.array(message.get("tool_calls"));
        if (calls != null && !traits.rendersArgumentText()) {
            message.put("tool_calls", parsed(calls));
        }
        Map<String, @Nullable Object> functionCall = Json.object(message.get("function_call"));
        if (functionCall != null) {
            message.put("function_call", parsed(functionCall));
        }
    }

    private static List<@Nullable Object> parsed(List<@Nullable Object> calls) {
        List<@Nullable Object> result = new ArrayList<>(calls.size());
        for (Object element : calls) {
            Map<String, @Nullable Object> call = Json.object(element);
            Map<String, @Nullable Object> function = call == null ? null : Json.object(call.get("function"));
            if (call == null || function == null) {
                result.add(element);
                continue;
            }
            Map<String, @Nullable Object> copy = Json.copy(call);
            copy.put("function", parsed(function));
            result.add(copy);
        }
        return result;
    }

    private static Map<String, @Nullable Object> parsed(Map<String, @Nullable Object> function) {
        if (!(function.get("arguments") instanceof String text)) {
            return function;
        }
        try {
            Map<String, @Nullable Object> copy = Json.copy(function);
            copy.put("arguments", JsonValues.parse(text));
            return copy;
        } catch (JsonProcessingException e) {
            return function;
        }
    }
}
