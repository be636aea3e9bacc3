package io.kvepp.inference.anthropic;

import io.kvepp.inference.anthropic.BlockReader.Turn;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.chat.ChatMessages;
import io.kvepp.inference.json.JsonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns messages of content blocks into messages of a chat.
///
/// Thread-safe.
final class BlockTurns {
    private BlockTurns() {}

    static String systemText(Turn turn) {
        if (turn.text() != null) {
            return turn.text();
        }
        List<String> texts = new ArrayList<>();
        for (Block block : turn.blocks()) {
            if (block instanceof Block.Text(var text)) {
                texts.add(text);
            }
        }
        return String.join("\n", texts);
    }

    /// Results of tools become messages of their own, in their places.
    static void addUser(Turn turn, List<Map<String, @Nullable Object>> messages) throws MalformedBodyException {
        if (turn.text() != null) {
            messages.add(ChatMessages.user(turn.text()));
            return;
        }
        List<Block> said = new ArrayList<>();
        for (Block block : turn.blocks()) {
            switch (block) {
                case Block.ToolResult result -> {
                    addSaid(said, messages);
                    said.clear();
                    messages.add(ChatMessages.tool(resultContent(result), result.toolUseId()));
                }
                case Block.Text _, Block.Image _ -> said.add(block);
                case Block.ToolUse _, Block.Thinking _, Block.Silent _, Block.Other _ -> {}
            }
        }
        addSaid(said, messages);
    }

    private static void addSaid(List<Block> said, List<Map<String, @Nullable Object>> messages)
            throws MalformedBodyException {
        if (!said.isEmpty()) {
            messages.add(ChatMessages.user(content(said)));
        }
    }

    /// A text, or parts when there is an image among them.
    private static Object content(List<Block> blocks) throws MalformedBodyException {
        StringBuilder joined = new StringBuilder();
        List<@Nullable Object> parts = new ArrayList<>();
        boolean hasImage = false;
        for (Block block : blocks) {
            if (block instanceof Block.Text(var text)) {
                joined.append(text);
                parts.add(ChatMessages.textPart("text", text));
            } else if (block instanceof Block.Image(var sourceType)) {
                if (!sourceType.equals("base64")) {
                    throw MessagesApi.refused(
                            "unsupported image source type \"" + sourceType + "\"; only base64 is supported");
                }
                hasImage = true;
                parts.add(ChatMessages.mediaPart("image_url"));
            }
        }
        return hasImage ? parts : joined.toString();
    }

    private static Object resultContent(Block.ToolResult result) throws MalformedBodyException {
        if (result.text() != null) {
            return result.text();
        }
        for (Block part : result.parts()) {
            if (part instanceof Block.Other) {
                throw MessagesApi.refused(
                        "unsupported Anthropic tool_result content block; only text and image are supported");
            }
        }
        return content(result.parts());
    }

    /// Text is joined; thinking is kept in its places between the calls of tools.
    static Map<String, @Nullable Object> assistant(Turn turn) {
        if (turn.text() != null) {
            return ChatMessages.assistant(turn.text(), null, List.of());
        }
        StringBuilder text = new StringBuilder();
        StringBuilder pending = new StringBuilder();
        List<String> segments = new ArrayList<>();
        List<Map<String, @Nullable Object>> calls = new ArrayList<>();
        for (Block block : turn.blocks()) {
            switch (block) {
                case Block.Text(var said) -> text.append(said);
                case Block.Thinking(var thinking) ->
                    pending.append(pending.isEmpty() ? "" : "\n").append(thinking);
                case Block.ToolUse(var id, var name, var input) -> {
                    segments.add(pending.toString());
                    pending.setLength(0);
                    calls.add(ChatMessages.toolCall(id, name, JsonText.of(input)));
                }
                case Block.Image _, Block.ToolResult _, Block.Silent _, Block.Other _ -> {}
            }
        }
        segments.add(pending.toString());
        return ChatMessages.assistant(
                text.isEmpty() ? null : text.toString(), reasoning(segments, !calls.isEmpty()), calls);
    }

    private static @Nullable Object reasoning(List<String> segments, boolean called) {
        List<String> spoken =
                segments.stream().filter(segment -> !segment.isEmpty()).toList();
        if (spoken.isEmpty()) {
            return null;
        }
        return called ? segments : String.join("\n", spoken);
    }
}
