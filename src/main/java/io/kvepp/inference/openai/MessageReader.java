package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatMessages;
import io.kvepp.inference.json.JsonText;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Messages as the frontend hands them to a template: it reads them into typed structures and
/// writes those again, so that unknown keys vanish, keys come in its own order with `role` first,
/// and null counts as absent.
///
/// The texts in both forms of a message are the same strings.
///
/// Confined to one call.
final class MessageReader {
    /// More messages than any conversation has; each costs some hundred bytes of memory.
    static final int MESSAGES_MAX = 65_536;

    private static final String NAME = "name";
    private static final List<String> ROLES = List.of("developer", "system", "user", "assistant", "tool", "function");
    private static final List<String> TEXT_ONLY = List.of("text");
    private static final List<String> OF_USER = List.of("text", "image_url", "video_url", "audio_url", "input_audio");
    private static final List<String> OF_ASSISTANT = List.of("text", "refusal");
    private static final List<String> OF_TOOL = List.of("text", "image_url", "video_url", "audio_url");
    private static final Shape REASONING = Shape.either(Shape.TEXT, Shape.list(Shape.TEXT));

    private final List<Map<String, @Nullable Object>> typed = new ArrayList<>();
    private final List<Map<String, @Nullable Object>> given = new ArrayList<>();
    private boolean media;

    private MessageReader() {}

    /// - `given`: the messages with every key, as the client wrote them
    /// - `media`: some part of a message is an image, a video or audio
    ///
    /// Immutable.
    record Messages(
            List<Map<String, @Nullable Object>> list, List<Map<String, @Nullable Object>> given, boolean media) {}

    /// The array at the parser's current token.
    static Messages read(JsonParser parser) throws IOException, MalformedBodyException, UnsupportedBodyException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw MalformedBodyException.type("messages", "no list", "a list of messages");
        }
        MessageReader reader = new MessageReader();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (reader.typed.size() == MESSAGES_MAX) {
                throw UnsupportedBodyException.tooLarge("messages");
            }
            String where = "messages[" + reader.typed.size() + "]";
            Fields message = Fields.of(JsonValues.read(parser), where);
            reader.typed.add(reader.message(message));
            reader.given.add(message.object());
        }
        return new Messages(reader.typed, reader.given, reader.media);
    }

    private Map<String, @Nullable Object> message(Fields message)
            throws MalformedBodyException, UnsupportedBodyException {
        String role = message.tag(ChatMessages.ROLE, ROLES);
        return switch (role) {
            case "system" -> system(message);
            case "developer" -> user(message, role, TEXT_ONLY);
            case "user" -> user(message, role, OF_USER);
            case "assistant" -> assistant(message);
            case "tool" -> tool(message);
            default -> function(message);
        };
    }

    private Map<String, @Nullable Object> system(Fields message)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> tools = message.list("tools");
        forbid(message, "partial");
        boolean onlyTools = tools != null && !tools.isEmpty() && !message.has(ChatMessages.CONTENT);
        Map<String, @Nullable Object> typedMessage =
                ChatMessages.message("system", onlyTools ? "" : requiredContent(message, TEXT_ONLY));
        put(typedMessage, NAME, message.text(NAME));
        put(typedMessage, "tools", tools);
        return typedMessage;
    }

    private Map<String, @Nullable Object> user(Fields message, String role, List<String> partTypes)
            throws MalformedBodyException, UnsupportedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        Map<String, @Nullable Object> typedMessage = ChatMessages.message(role, requiredContent(message, partTypes));
        put(typedMessage, NAME, message.text(NAME));
        return typedMessage;
    }

    private Map<String, @Nullable Object> assistant(Fields message)
            throws MalformedBodyException, UnsupportedBodyException {
        forbid(message, "tools");
        Map<String, @Nullable Object> typedMessage = ChatMessages.message("assistant", content(message, OF_ASSISTANT));
        put(typedMessage, "reasoning_content", reasoning(message));
        put(typedMessage, "refusal", message.text("refusal"));
        put(typedMessage, NAME, message.text(NAME));
        Fields audio = message.fields("audio");
        if (audio != null) {
            typedMessage.put("audio", Map.of("id", audio.requiredText("id")));
        }
        put(typedMessage, "tool_calls", toolCalls(message));
        Fields functionCall = message.fields("function_call");
        if (functionCall != null) {
            typedMessage.put("function_call", functionCall(functionCall));
        }
        put(typedMessage, "partial", message.flag("partial"));
        return typedMessage;
    }

    private Map<String, @Nullable Object> tool(Fields message) throws MalformedBodyException, UnsupportedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        return ChatMessages.tool(requiredContent(message, OF_TOOL), message.requiredText("tool_call_id"));
    }

    private static Map<String, @Nullable Object> function(Fields message) throws MalformedBodyException {
        forbid(message, "tools");
        forbid(message, "partial");
        Map<String, @Nullable Object> typedMessage = ChatMessages.message("function", null);
        typedMessage.put(ChatMessages.CONTENT, message.text(ChatMessages.CONTENT));
        typedMessage.put(NAME, message.requiredText(NAME));
        return typedMessage;
    }

    private Object requiredContent(Fields message, List<String> partTypes)
            throws MalformedBodyException, UnsupportedBodyException {
        return message.required(content(message, partTypes), ChatMessages.CONTENT, "a text or a list of parts");
    }

    private @Nullable Object content(Fields message, List<String> partTypes)
            throws MalformedBodyException, UnsupportedBodyException {
        ContentParts parts = new ContentParts(partTypes);
        Object content = parts.content(message);
        media |= parts.media();
        return content;
    }

    private static @Nullable Object reasoning(Fields message) throws MalformedBodyException {
        boolean other = message.object().containsKey("reasoning");
        if (other && message.object().containsKey("reasoning_content")) {
            throw MalformedBodyException.type(message.where() + "reasoning_content", "under two names", "one of them");
        }
        String name = other ? "reasoning" : "reasoning_content";
        message.check(name, REASONING);
        return message.any(name);
    }

    private static @Nullable List<@Nullable Object> toolCalls(Fields message)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> calls = message.list("tool_calls");
        if (calls == null) {
            return null;
        }
        List<@Nullable Object> result = new ArrayList<>(calls.size());
        for (int i = 0; i < calls.size(); i++) {
            Fields call = Fields.of(calls.get(i), message.where() + "tool_calls[" + i + "]");
            if (call.object().containsKey("type") && !"function".equals(call.any("type"))) {
                throw MalformedBodyException.type(call.where() + "type", "another word", "function");
            }
            Fields function = call.required(call.fields("function"), "function", "an object");
            Map<String, @Nullable Object> typedCall = ChatMessages.object();
            typedCall.put("id", call.requiredText("id"));
            typedCall.put("type", "function");
            typedCall.put("function", functionCall(function));
            result.add(typedCall);
        }
        return result;
    }

    private static Map<String, @Nullable Object> functionCall(Fields call) throws MalformedBodyException {
        String arguments = switch (call.any("arguments")) {
            case String text -> text;
            case Map<?, ?> object -> JsonText.of(object);
            case null, default ->
                throw MalformedBodyException.type(call.where() + "arguments", "another type", "text or object");
        };
        return ChatMessages.function(call.requiredText(NAME), arguments);
    }

    private static void forbid(Fields message, String name) throws MalformedBodyException {
        if (message.any(name) != null) {
            throw MalformedBodyException.type(message.where() + name, "on a message of this role", "none");
        }
    }

    private static void put(Map<String, @Nullable Object> object, String name, @Nullable Object value) {
        if (value != null) {
            object.put(name, value);
        }
    }
}
