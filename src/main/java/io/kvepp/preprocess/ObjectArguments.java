package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonText;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.inference.json.WhiteSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes tool-call arguments objects for models whose templates iterate over them (GLM): no text is
/// no arguments, another value than an object is none either, and a number that would be spelled
/// differently stays the text it was.
///
/// Arguments that are no JSON stay text, and so do those of all later calls.
///
/// Confined to one call.
final class ObjectArguments {
    private boolean broken;

    private ObjectArguments() {}

    static List<Map<String, @Nullable Object>> applied(List<Map<String, @Nullable Object>> messages) {
        ObjectArguments rules = new ObjectArguments();
        List<Map<String, @Nullable Object>> result = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            List<@Nullable Object> calls = Json.array(message.get("tool_calls"));
            if (calls == null) {
                result.add(message);
                continue;
            }
            Map<String, @Nullable Object> copy = Json.copy(message);
            copy.put("tool_calls", calls.stream().map(rules::call).toList());
            result.add(copy);
        }
        return result;
    }

    private @Nullable Object call(@Nullable Object element) {
        Map<String, @Nullable Object> call = Json.object(element);
        Map<String, @Nullable Object> function = call == null ? null : Json.object(call.get("function"));
        if (broken || call == null || function == null || !(function.get("arguments") instanceof String text)) {
            return element;
        }
        try {
            Map<String, @Nullable Object> functionCopy = Json.copy(function);
            functionCopy.put("arguments", object(text));
            Map<String, @Nullable Object> callCopy = Json.copy(call);
            callCopy.put("function", functionCopy);
            return callCopy;
        } catch (JsonProcessingException e) {
            broken = true;
            return element;
        }
    }

    private static Map<String, @Nullable Object> object(String text) throws JsonProcessingException {
        Map<String, @Nullable Object> object = text.isEmpty() ? null : Json.object(JsonValues.parse(text));
        if (object == null) {
            return Map.of();
        }
        object.replaceAll((name, value) -> value instanceof Number ? spelled(text, name, value) : value);
        return object;
    }

    private static Object spelled(String text, String name, Object number) {
        String token = token(text, JsonText.of(name) + ":");
        return token == null || token.equals(JsonText.of(number)) ? number : token;
    }

    /// The token behind the first place where the text reads `marker`, wherever that is.
    private static @Nullable String token(String text, String marker) {
        int found = text.indexOf(marker);
        if (found < 0) {
            return null;
        }
        int start = found + marker.length();
        while (start < text.length() && WhiteSpace.is(text.charAt(start))) {
            start++;
        }
        int end = start == text.length() ? start : tokenEnd(text, start);
        return end <= start ? null : text.substring(start, end);
    }

    private static int tokenEnd(String text, int start) {
        return switch (text.charAt(start)) {
            case '"' -> stringEnd(text, start);
            case '{' -> containerEnd(text, start, '{', '}');
            case '[' -> containerEnd(text, start, '[', ']');
            default -> wordEnd(text, start);
        };
    }

    private static int wordEnd(String text, int start) {
        int end = start;
        while (end < text.length() && ",}]".indexOf(text.charAt(end)) < 0 && !WhiteSpace.is(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static int stringEnd(String text, int start) {
        int at = start + 1;
        while (at < text.length() && text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return at < text.length() ? at + 1 : -1;
    }

    private static int containerEnd(String text, int start, char open, char close) {
        int depth = 0;
        for (int at = start; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                int end = stringEnd(text, at);
                if (end < 0) {
                    return -1;
                }
                at = end - 1;
            } else if (c == open) {
                depth++;
            } else if (c == close && --depth == 0) {
                return at + 1;
            }
        }
        return -1;
    }
}
