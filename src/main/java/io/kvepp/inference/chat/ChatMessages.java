package io.kvepp.inference.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Messages as the frontend hands them to a template: keys in its own order with `role` first, absent
/// ones left out.
///
/// Thread-safe.
public final class ChatMessages {
    public static final String ROLE = "role";
    public static final String CONTENT = "content";

    private static final String TYPE = "type";
    private static final int MEMBERS_TYPICAL = 4;

    private ChatMessages() {}

    public static Map<String, @Nullable Object> system(String content) {
        return message("system", content);
    }

    /// `content` is a text or a list of parts.
    public static Map<String, @Nullable Object> user(Object content) {
        return message("user", content);
    }

    /// `content` and `reasoning` are null when absent; no calls are no list.
    public static Map<String, @Nullable Object> assistant(
            @Nullable String content, @Nullable Object reasoning, List<Map<String, @Nullable Object>> toolCalls) {
        Map<String, @Nullable Object> message = message("assistant", content);
        if (reasoning != null) {
            message.put("reasoning_content", reasoning);
        }
        if (!toolCalls.isEmpty()) {
            message.put("tool_calls", toolCalls);
        }
        return message;
    }

    public static Map<String, @Nullable Object> tool(Object content, String callId) {
        Map<String, @Nullable Object> message = message("tool", content);
        message.put("tool_call_id", callId);
        return message;
    }

    public static Map<String, @Nullable Object> toolCall(String id, String name, String arguments) {
        Map<String, @Nullable Object> call = object();
        call.put("id", id);
        call.put(TYPE, "function");
        call.put("function", function(name, arguments));
        return call;
    }

    public static Map<String, @Nullable Object> function(String name, String arguments) {
        Map<String, @Nullable Object> function = object();
        function.put("name", name);
        function.put("arguments", arguments);
        return function;
    }

    /// A part that is text; `type` is also the name of the member that holds it.
    public static Map<String, @Nullable Object> textPart(String type, String text) {
        Map<String, @Nullable Object> part = object();
        part.put(TYPE, type);
        part.put(type, text);
        return part;
    }

    /// A part that is an image, a video or audio. Templates are shown no more than its type.
    public static Map<String, @Nullable Object> mediaPart(String type) {
        Map<String, @Nullable Object> part = object();
        part.put(TYPE, type);
        return part;
    }

    /// A message with nothing but a role and, unless it is null, content.
    public static Map<String, @Nullable Object> message(String role, @Nullable Object content) {
        Map<String, @Nullable Object> message = object();
        message.put(ROLE, role);
        if (content != null) {
            message.put(CONTENT, content);
        }
        return message;
    }

    /// An object with room for a few members.
    public static Map<String, @Nullable Object> object() {
        return new LinkedHashMap<>(MEMBERS_TYPICAL);
    }
}
