package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonText;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.inference.json.WhiteSpace;
import io.kvepp.preprocess.RenderedPrompt.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes the messages of one Kimi K3 prompt, piece by piece.
///
/// Confined to one call.
final class KimiK3Writer {
    private static final String OPEN = "<|open|>";
    private static final String CLOSE = "<|close|>";
    private static final String SEPARATOR = "<|sep|>";
    private static final String END_OF_MESSAGE = "<|end_of_msg|>";
    private static final String IMAGE = "<|media_pad|>";

    private final boolean thinking;
    private final List<Segment> segments = new ArrayList<>();
    private List<ToolCall> calls = List.of();
    private int results;

    KimiK3Writer(boolean thinking) {
        this.thinking = thinking;
    }

    RenderedPrompt prompt() {
        return new RenderedPrompt(segments);
    }

    /// A system message of the format's own.
    void system(String type, String text) {
        open("message", "role", "system", "type", type);
        text(WhiteSpace.trim(text));
        endMessage();
    }

    void tools(String announcement, List<@Nullable Object> tools) {
        open("message", "role", "system", "type", "tool-declare");
        text(announcement + "\n\n```json\n" + JsonText.of(KimiK3Tools.sorted(tools)) + "\n```");
        endMessage();
    }

    void message(Map<String, @Nullable Object> message) throws ChatRefusedException {
        switch (String.valueOf(message.get("role"))) {
            case "user" -> plain(message, "user");
            case "system", "developer" -> instructions(message);
            case "assistant" -> assistant(message);
            case "tool" -> result(message);
            default -> throw new ChatRefusedException("messages: a role the model does not know");
        }
    }

    private void instructions(Map<String, @Nullable Object> message) throws ChatRefusedException {
        List<@Nullable Object> tools = Json.array(message.get("tools"));
        if (tools == null || tools.isEmpty()) {
            plain(message, "system");
            return;
        }
        Object content = message.get("content");
        if (!"".equals(content) && !List.of().equals(content)) {
            throw new ChatRefusedException("messages: content beside tools (expected: one of them)");
        }
        tools("""
                ## New Tools Available
                The system dynamically extends the toolset via lazy-loading.
                You have access to all existing and extended tools.
                Here are the specs for the extended tools.""", tools);
    }

    private void plain(Map<String, @Nullable Object> message, String role) {
        openMessage(message, role);
        content(message);
        endMessage();
    }

    private void assistant(Map<String, @Nullable Object> message) throws ChatRefusedException {
        calls = calls(message);
        results = 0;
        openMessage(message, "assistant");
        thoughts(message);
        open("response");
        content(message);
        close("response");
        if (!calls.isEmpty()) {
            open("tools");
            for (int i = 0; i < calls.size(); i++) {
                open("call", "tool", calls.get(i).name(), "index", Integer.toString(i + 1));
                arguments(calls.get(i).arguments());
                close("call");
            }
            close("tools");
        }
        endMessage();
    }

    /// Opens the answer that the model is to give.
    void openAnswer() {
        open("message", "role", "assistant");
        open(thinking ? "think" : "response");
    }

    /// Opens the answer that the model is to go on with.
    void openAnswer(Map<String, @Nullable Object> partial) throws ChatRefusedException {
        if (!calls(partial).isEmpty()) {
            throw new ChatRefusedException("messages: calls in a partial message (expected: text)");
        }
        openMessage(partial, "assistant");
        thoughts(partial);
        open("response");
        content(partial);
    }

    private void thoughts(Map<String, @Nullable Object> message) {
        if (!thinking) {
            return;
        }
        open("think");
        Object reasoning = message.get("reasoning_content");
        List<@Nullable Object> parts = reasoning instanceof String text ? List.of(text) : Json.array(reasoning);
        List<String> texts = new ArrayList<>();
        for (Object part : parts == null ? List.of() : parts) {
            if (part instanceof String text && !text.isEmpty()) {
                texts.add(text);
            }
        }
        text(String.join("\n", texts));
        close("think");
    }

    private static List<ToolCall> calls(Map<String, @Nullable Object> message) {
        List<ToolCall> calls = new ArrayList<>();
        List<@Nullable Object> given = Json.array(message.get("tool_calls"));
        for (Object call : given == null ? List.of() : given) {
            calls.add(ToolCall.of(call));
        }
        return calls;
    }

    private void arguments(String json) throws ChatRefusedException {
        if (WhiteSpace.trim(json).isEmpty()) {
            return;
        }
        Object value;
        try {
            value = JsonValues.parse(json);
        } catch (JsonProcessingException e) {
            open("json", "type", "object");
            text(json);
            close("json");
            return;
        }
        Map<String, @Nullable Object> arguments = Json.object(value);
        if (arguments == null) {
            throw new ChatRefusedException("tool call arguments: no JSON object (expected: a JSON object)");
        }
        for (Map.Entry<String, @Nullable Object> argument : arguments.entrySet()) {
            open("argument", "key", argument.getKey(), "type", typeOf(argument.getValue()));
            text(argument.getValue() instanceof String text ? text : spaced(JsonText.of(argument.getValue())));
            close("argument");
        }
    }

    private static String typeOf(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Boolean _ -> "boolean";
            case Number _ -> "number";
            case String _ -> "string";
            case List<?> _ -> "array";
            default -> "object";
        };
    }

    /// Compact JSON with a space behind each comma and colon.
    private static String spaced(String json) {
        StringBuilder out = new StringBuilder(json.length());
        boolean quoted = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            out.append(c);
            if (quoted && c == '\\') {
                out.append(json.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == ':')) {
                out.append(' ');
            }
        }
        return out.toString();
    }

    /// A result without a tool's name is of the call at its place.
    private void result(Map<String, @Nullable Object> message) throws ChatRefusedException {
        String tool = message.get(KimiK3Results.TOOL) instanceof String name
                ? name
                : results < calls.size() ? calls.get(results).name() : null;
        if (tool == null) {
            throw new ChatRefusedException("messages: a tool result of no call (expected: an answer with calls first)");
        }
        results++;
        open("message", "role", "tool", "tool", tool, "index", Integer.toString(results));
        content(message);
        endMessage();
    }

    private void content(Map<String, @Nullable Object> message) {
        Object content = message.get("content");
        List<@Nullable Object> parts = Json.array(content);
        if (parts == null) {
            text(content instanceof String text ? text : "");
            return;
        }
        for (Object element : parts) {
            Map<String, @Nullable Object> part = Json.object(element);
            if (part != null && "image_url".equals(part.get("type"))) {
                segments.add(new Segment(IMAGE, true));
            } else if (part != null && part.get("text") instanceof String text) {
                text(text);
            }
        }
    }

    private void openMessage(Map<String, @Nullable Object> message, String role) {
        if (message.get("name") instanceof String name && !name.isEmpty()) {
            open("message", "role", role, "name", name);
        } else {
            open("message", "role", role);
        }
    }

    private void endMessage() {
        close("message");
        segments.add(new Segment(END_OF_MESSAGE, true));
    }

    /// `attributes` are names and values in turn.
    private void open(String tag, String... attributes) {
        segments.add(new Segment(OPEN, true));
        text(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            text(" " + attributes[i]);
            text("=\"");
            text(attributes[i + 1].replace("&", "&amp;").replace("\"", "&quot;"));
            text("\"");
        }
        segments.add(new Segment(SEPARATOR, true));
    }

    private void close(String tag) {
        segments.add(new Segment(CLOSE, true));
        text(tag);
        segments.add(new Segment(SEPARATOR, true));
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            segments.add(new Segment(text, false));
        }
    }
}
