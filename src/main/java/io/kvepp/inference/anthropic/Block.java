package io.kvepp.inference.anthropic;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A content block, as far as it becomes part of a prompt.
///
/// Immutable.
sealed interface Block {
    Shape SOURCE = Shape.object()
            .with("type", Shape.TEXT)
            .with("media_type", Shape.TEXT)
            .with("data", Shape.TEXT);

    record Text(String text) implements Block {}

    /// - `sourceType`: how the image is given
    record Image(String sourceType) implements Block {}

    /// A call of a tool, of the client's or of the server's.
    record ToolUse(String id, String name, @Nullable Object input) implements Block {}

    /// - `text`: null when the result is given as parts
    record ToolResult(String toolUseId, @Nullable String text, List<Block> parts) implements Block {}

    record Thinking(String thinking) implements Block {}

    /// Nothing of it reaches the prompt.
    record Silent() implements Block {}

    /// A block that is refused; `fault` is what is wrong, to be said after its position.
    record Other(String fault) implements Block {}

    default boolean hasImage() {
        return this instanceof Image
                || (this instanceof ToolResult(var _, var _, var parts)
                        && parts.stream().anyMatch(Image.class::isInstance));
    }

    /// The block a value stands for; refuses one of a known type with members of others.
    static Block of(@Nullable Object value, String where) throws MalformedBodyException, UnsupportedBodyException {
        if (!(value instanceof Map)) {
            return new Other(": content blocks must be objects");
        }
        Fields block = Fields.lenient(value, where);
        if (!(block.any("type") instanceof String type) || type.isEmpty()) {
            return new Other(".type: must be a non-empty string");
        }
        return switch (type) {
            case "text" -> new Text(block.requiredText("text"));
            case "image" -> image(block);
            case "tool_use", "server_tool_use" ->
                new ToolUse(
                        block.requiredText("id"),
                        block.requiredText("name"),
                        block.object().containsKey("input") ? block.any("input") : Map.of());
            case "tool_result" -> toolResult(block);
            case "thinking" -> {
                block.requiredText("signature");
                yield new Thinking(block.requiredText("thinking"));
            }
            case "redacted_thinking" -> {
                block.requiredText("data");
                yield new Silent();
            }
            case "web_search_tool_result" -> {
                block.requiredText("tool_use_id");
                yield new Silent();
            }
            default -> new Other(": content block type \"" + type + "\" is not supported");
        };
    }

    private static Block image(Fields block) throws MalformedBodyException, UnsupportedBodyException {
        Fields source = Fields.lenient(block.any("source"), block.where() + "source");
        source.requiredText("media_type");
        source.requiredText("data");
        return new Image(source.requiredText("type"));
    }

    /// Content that cannot be read counts as absent.
    private static Block toolResult(Fields block) throws MalformedBodyException {
        String id = block.requiredText("tool_use_id");
        Object content = block.any("content");
        if (content instanceof String text) {
            return new ToolResult(id, text, List.of());
        }
        List<@Nullable Object> list = Fields.asList(content);
        if (list == null) {
            return new ToolResult(id, "", List.of());
        }
        List<Block> parts = new ArrayList<>(list.size());
        for (Object part : list) {
            Block read = resultPart(part);
            if (read == null) {
                return new ToolResult(id, "", List.of());
            }
            parts.add(read);
        }
        return new ToolResult(id, null, parts);
    }

    /// A part of a result, null when its type is known but it cannot be read.
    private static @Nullable Block resultPart(@Nullable Object part) {
        Map<String, @Nullable Object> object = Fields.asObject(part);
        if (object == null) {
            return new Other("");
        }
        boolean typed = object.get("type") instanceof String;
        if ("text".equals(object.get("type")) || (!typed && object.get("text") instanceof String)) {
            return object.get("text") instanceof String text ? new Text(text) : null;
        }
        if ("image".equals(object.get("type"))) {
            Map<String, @Nullable Object> source = Fields.asObject(object.get("source"));
            return source != null && SOURCE.fit(source) != Shape.Fit.NO
                    ? new Image(String.valueOf(source.get("type")))
                    : null;
        }
        return new Other("");
    }
}
