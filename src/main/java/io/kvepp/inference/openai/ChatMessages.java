package io.kvepp.inference.openai;

import io.kvepp.inference.JsonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Messages as the frontend hands them to a template: it reads them into typed structures and
/// writes those again, so that unknown keys vanish, keys come in its own order with `role` first,
/// and null counts as absent.
///
/// Confined to one call.
final class ChatMessages {
    private final List<Map<String, @Nullable Object>> typed = new ArrayList<>();
    private final ContentParts parts = new ContentParts();

    private ChatMessages() {}

    static ChatMessages of(List<@Nullable Object> messages) throws MalformedBodyException, UnsupportedBodyException {
        ChatMessages result = new ChatMessages();
        for (int i = 0; i < messages.size(); i++) {
            Map<String, @Nullable Object> message = Fields.asObject(messages.get(i));
            if (message == null) {
                throw MalformedBodyException.of("messages[" + i + "]", "no object", "an object");
            }
            result.typed.add(result.message(message, "messages[" + i + "]"));
        }
        return result;
    }

    List<Map<String, @Nullable Object>> typed() {
        return typed;
    }

    /// Whether some part of a message is an image, a video or audio.
    boolean media() {
        return parts.media();
    }

    private Map<String, @Nullable Object> message(Map<String, @Nullable Object> message, String where)
            throws MalformedBodyException, UnsupportedBodyException {
        if (!(message.get("role") instanceof String role)) {
            throw MalformedBodyException.of(where + ".role", "missing or no text", "a role");
        }
        TypedObject typedMessage = new TypedObject(message);
        typedMessage.put("role", role);
        switch (role) {
            case "system" -> system(message, typedMessage, where);
            case "developer", "user" -> user(message, typedMessage, where);
            case "assistant" -> assistant(message, typedMessage);
            case "tool" -> tool(message, typedMessage, where);
            case "function" -> function(message, typedMessage);
            default -> throw new UnsupportedBodyException("role is another word");
        }
        return typedMessage.result();
    }

    private void system(Map<String, @Nullable Object> message, TypedObject typedMessage, String where)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> tools = Fields.array(message, "tools");
        forbid(message, "partial");
        boolean onlyTools = tools != null && !tools.isEmpty() && message.get("content") == null;
        typedMessage.put("content", onlyTools ? "" : requiredContent(message, where));
        typedMessage.string("name");
        typedMessage.putPresent("tools", tools);
    }

    private void user(Map<String, @Nullable Object> message, TypedObject typedMessage, String where)
            throws MalformedBodyException, UnsupportedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        typedMessage.put("content", requiredContent(message, where));
        typedMessage.string("name");
    }

    private void assistant(Map<String, @Nullable Object> message, TypedObject typedMessage)
            throws UnsupportedBodyException {
        forbid(message, "tools");
        typedMessage.putPresent("content", parts.content(message));
        typedMessage.putPresent("reasoning_content", reasoning(message));
        typedMessage.string("refusal");
        typedMessage.string("name");
        Map<String, @Nullable Object> audio = Fields.object(message, "audio");
        if (audio != null) {
            typedMessage.put("audio", Map.of("id", Fields.requiredString(audio, "id")));
        }
        typedMessage.putPresent("tool_calls", toolCalls(Fields.array(message, "tool_calls")));
        Map<String, @Nullable Object> functionCall = Fields.object(message, "function_call");
        if (functionCall != null) {
            typedMessage.put("function_call", functionCall(functionCall));
        }
        typedMessage.bool("partial");
    }

    private void tool(Map<String, @Nullable Object> message, TypedObject typedMessage, String where)
            throws MalformedBodyException, UnsupportedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        typedMessage.put("content", requiredContent(message, where));
        typedMessage.put("tool_call_id", Fields.requiredString(message, "tool_call_id"));
    }

    private static void function(Map<String, @Nullable Object> message, TypedObject typedMessage)
            throws UnsupportedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        typedMessage.put("content", Fields.string(message, "content"));
        typedMessage.put("name", Fields.requiredString(message, "name"));
    }

    private Object requiredContent(Map<String, @Nullable Object> message, String where)
            throws MalformedBodyException, UnsupportedBodyException {
        Object content = parts.content(message);
        if (content == null) {
            throw MalformedBodyException.of(where + ".content", "missing", "a text or a list of parts");
        }
        return content;
    }

    private static @Nullable Object reasoning(Map<String, @Nullable Object> message) throws UnsupportedBodyException {
        if (message.containsKey("reasoning") && message.containsKey("reasoning_content")) {
            throw new UnsupportedBodyException("reasoning under two names");
        }
        Object reasoning =
                message.containsKey("reasoning") ? message.get("reasoning") : message.get("reasoning_content");
        boolean segments = reasoning instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
        if (reasoning == null || reasoning instanceof String || segments) {
            return reasoning;
        }
        throw new UnsupportedBodyException("reasoning has another type");
    }

    private static @Nullable List<@Nullable Object> toolCalls(@Nullable List<@Nullable Object> calls)
            throws UnsupportedBodyException {
        if (calls == null) {
            return null;
        }
        List<@Nullable Object> result = new ArrayList<>(calls.size());
        for (Object element : calls) {
            Map<String, @Nullable Object> call = Fields.required(Fields.asObject(element), "tool call");
            if (call.containsKey("type") && !"function".equals(call.get("type"))) {
                throw new UnsupportedBodyException("tool call of another type");
            }
            TypedObject typedCall = new TypedObject(call);
            typedCall.put("id", Fields.requiredString(call, "id"));
            typedCall.put("type", "function");
            typedCall.put("function", functionCall(Fields.required(Fields.object(call, "function"), "function")));
            result.add(typedCall.result());
        }
        return result;
    }

    private static Map<String, @Nullable Object> functionCall(Map<String, @Nullable Object> call)
            throws UnsupportedBodyException {
        TypedObject typedCall = new TypedObject(call);
        typedCall.put("name", Fields.requiredString(call, "name"));
        typedCall.put(
                "arguments",
                switch (call.get("arguments")) {
                    case String text -> text;
                    case Map<?, ?> object -> JsonText.of(object);
                    case null, default -> throw new UnsupportedBodyException("arguments have another type");
                });
        return typedCall.result();
    }

    private static void forbid(Map<String, @Nullable Object> message, String name) throws UnsupportedBodyException {
        if (message.get(name) != null) {
            throw new UnsupportedBodyException(name + " on a message of this role");
        }
    }
}
