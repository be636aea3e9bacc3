package io.kvepp.inference.openai;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatMessages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The input items of a response as messages of a chat. Items of the assistant that follow one
/// another are one message.
///
/// Confined to one call.
final class ResponseItems {
    private static final Shape STATUS = Shape.words("in_progress", "completed", "incomplete");
    private static final Shape REASONING_PARTS = Shape.list(Shape.object().with("text", Shape.TEXT));
    private static final Shape SUMMARY_PARTS =
            Shape.list(Shape.object().with("type", Shape.words("summary_text")).with("text", Shape.TEXT));
    private static final Shape PHASE = Shape.words("commentary", "final_answer");

    /// Items the frontend knows and leaves out; what they must look like is its own business.
    private static final Set<String> LEFT_OUT = Set.of(
            "file_search_call",
            "computer_call",
            "computer_call_output",
            "web_search_call",
            "tool_search_call",
            "tool_search_output",
            "compaction",
            "image_generation_call",
            "code_interpreter_call",
            "local_shell_call",
            "local_shell_call_output",
            "shell_call",
            "shell_call_output",
            "apply_patch_call",
            "apply_patch_call_output",
            "mcp_list_tools",
            "mcp_approval_request",
            "mcp_approval_response",
            "mcp_call",
            "custom_tool_call_output",
            "custom_tool_call");

    private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    private final ResponseContent contents = new ResponseContent();
    private final ToolNames names;
    private AssistantTurn turn = new AssistantTurn();

    private ResponseItems(ToolNames names) {
        this.names = names;
    }

    /// `input` is a text or a list of items.
    static ResponseItems of(Object input, ToolNames names) throws MalformedBodyException, UnsupportedBodyException {
        ResponseItems items = new ResponseItems(names);
        if (input instanceof String text) {
            items.messages.add(ChatMessages.user(text));
            return items;
        }
        List<@Nullable Object> list = Fields.asList(input);
        if (list == null || list.size() > MessageReader.MESSAGES_MAX) {
            throw UnsupportedBodyException.tooLarge("input items");
        }
        for (int i = 0; i < list.size(); i++) {
            items.item(Fields.lenient(list.get(i), "input[" + i + "]"));
        }
        items.turn.addTo(items.messages);
        return items;
    }

    /// The functions that earlier turns called.
    static List<ToolNames.Identity> calledTools(Object input) {
        List<ToolNames.Identity> called = new ArrayList<>();
        List<@Nullable Object> list = Fields.asList(input);
        for (Object item : list == null ? List.of() : list) {
            if (item instanceof Map<?, ?> call
                    && "function_call".equals(call.get("type"))
                    && call.get("name") instanceof String name) {
                called.add(new ToolNames.Identity(
                        call.get("namespace") instanceof String namespace ? namespace : null, name));
            }
        }
        return called;
    }

    List<Map<String, @Nullable Object>> messages() {
        return messages;
    }

    boolean media() {
        return contents.media();
    }

    private void item(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object type = item.any("type");
        if (!"agent_message".equals(type)
                && item.any("id") instanceof String
                && (type == null || type.equals("item_reference"))) {
            return; // an item that the server is to remember, whatever else it holds
        }
        if (type == null && !item.object().containsKey("type")) {
            message(item);
        } else {
            typed(type instanceof String word ? word : "", item);
        }
    }

    private void typed(String type, Fields item) throws MalformedBodyException, UnsupportedBodyException {
        switch (type) {
            case "message" -> message(item);
            case "agent_message" -> addMessage(ChatMessages.user(contents.agentText(item)));
            case "function_call" -> functionCall(item);
            case "function_call_output" -> functionOutput(item);
            case "reasoning" -> reasoning(item);
            default -> {
                if (LEFT_OUT.contains(type)) {
                    throw UnsupportedBodyException.form("item " + type);
                }
                throw MalformedBodyException.type(item.where() + "type", "another type", "a known item");
            }
        }
    }

    private void message(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        String role = item.requiredText(ChatMessages.ROLE);
        boolean typedInput = item.has("type") && !role.equals("assistant") && item.any("content") instanceof List;
        if (!typedInput) {
            item.check("phase", PHASE);
        }
        switch (role) {
            case "assistant" -> turn.addText(contents.assistantText(item));
            case "user" -> addMessage(ChatMessages.user(contents.userContent(item)));
            case "system", "developer" -> addMessage(ChatMessages.system(contents.text(item)));
            default ->
                throw MalformedBodyException.type(
                        item.where() + "role", "another word", "user, assistant, system or developer");
        }
    }

    private void functionCall(Fields item) throws MalformedBodyException {
        item.check("status", STATUS);
        item.check("id", Shape.TEXT);
        item.check("async", Shape.FLAG);
        ToolNames.Identity identity = new ToolNames.Identity(item.text("namespace"), item.requiredText("name"));
        turn.addCall(ChatMessages.toolCall(
                item.requiredText("call_id"), names.encode(identity), item.requiredText("arguments")));
    }

    private void functionOutput(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        item.check("status", STATUS);
        item.check("id", Shape.TEXT);
        addMessage(ChatMessages.tool(contents.output(item), item.requiredText("call_id")));
    }

    private void reasoning(Fields item) throws MalformedBodyException {
        item.check("status", STATUS);
        item.check("encrypted_content", Shape.TEXT);
        item.check("content", REASONING_PARTS);
        if (item.object().containsKey("summary") && !item.has("summary")) {
            throw MalformedBodyException.type(item.where() + "summary", "null", "a list of parts");
        }
        item.check("summary", SUMMARY_PARTS);
        String content = joined(item.list("content"));
        turn.addReasoning(content.isEmpty() ? joined(item.list("summary")) : content);
    }

    private static String joined(@Nullable List<@Nullable Object> parts) {
        StringBuilder text = new StringBuilder();
        for (Object part : parts == null ? List.of() : parts) {
            text.append(part instanceof Map<?, ?> map ? map.get("text") : "");
        }
        return text.toString();
    }

    private void addMessage(Map<String, @Nullable Object> message) {
        turn.addTo(messages);
        turn = new AssistantTurn();
        messages.add(message);
    }

    /// What the assistant did between two messages of others.
    private static final class AssistantTurn {
        private final StringBuilder content = new StringBuilder();
        private final StringBuilder pending = new StringBuilder();
        private final List<String> segments = new ArrayList<>();
        private final List<Map<String, @Nullable Object>> calls = new ArrayList<>();
        private boolean touched;

        void addText(String text) {
            touched = true;
            content.append(text);
        }

        void addReasoning(String text) {
            touched = true;
            pending.append(text);
        }

        void addCall(Map<String, @Nullable Object> call) {
            touched = true;
            segments.add(pending.toString());
            pending.setLength(0);
            calls.add(call);
        }

        /// A turn without text has empty content, unless it called tools.
        void addTo(List<Map<String, @Nullable Object>> messages) {
            if (touched) {
                segments.add(pending.toString());
                boolean silent = content.isEmpty() && !calls.isEmpty();
                messages.add(ChatMessages.assistant(silent ? null : content.toString(), reasoning(), calls));
            }
        }

        private @Nullable Object reasoning() {
            String all = String.join("", segments);
            if (all.isEmpty()) {
                return null;
            }
            return calls.isEmpty() ? all : segments;
        }
    }
}
