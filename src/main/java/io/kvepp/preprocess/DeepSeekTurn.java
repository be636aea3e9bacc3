package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One turn of a DeepSeek V4 prompt: a message, or user messages and tool results in a row.
///
/// - `text`: what a message says; a user's turn has `blocks` instead
/// - `tools`, `responseFormat`: what stands behind the text, null for nothing
///
/// Confined to one call; the blocks of a user's turn grow.
record DeepSeekTurn(
        String role,
        String text,
        String reasoning,
        List<ToolCall> calls,
        List<Block> blocks,
        @Nullable List<@Nullable Object> tools,
        @Nullable Object responseFormat) {
    /// What a user said, or the result of a call, whose id is null for what a user said.
    record Block(@Nullable String callId, String text) {}

    static DeepSeekTurn user() {
        return new DeepSeekTurn("user", "", "", List.of(), new ArrayList<>(), null, null);
    }

    static DeepSeekTurn of(Map<String, @Nullable Object> message) {
        List<ToolCall> calls = new ArrayList<>();
        List<@Nullable Object> given = Json.array(message.get("tool_calls"));
        for (Object call : given == null ? List.of() : given) {
            calls.add(ToolCall.of(call));
        }
        List<@Nullable Object> tools = Json.array(message.get("tools"));
        return new DeepSeekTurn(
                String.valueOf(message.get("role")),
                message.get("content") instanceof String text ? text : "",
                message.get("reasoning_content") instanceof String text ? text : "",
                calls,
                List.of(),
                tools == null || tools.isEmpty() ? null : tools,
                message.get("response_format"));
    }

    /// The turns of messages whose content is text.
    static List<DeepSeekTurn> of(List<Map<String, @Nullable Object>> messages) {
        List<DeepSeekTurn> turns = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            boolean result = "tool".equals(message.get("role"));
            if (!result && !"user".equals(message.get("role"))) {
                turns.add(of(message));
                continue;
            }
            if (turns.isEmpty() || !turns.getLast().isUser()) {
                turns.add(user());
            }
            String text = message.get("content") instanceof String content ? content : "";
            String id = message.get("tool_call_id") instanceof String call ? call : "";
            turns.getLast().blocks.add(new Block(result ? id : null, text));
        }
        return turns;
    }

    boolean isUser() {
        return role.equals("user");
    }

    DeepSeekTurn withoutReasoning() {
        return new DeepSeekTurn(role, text, "", calls, blocks, tools, responseFormat);
    }
}
