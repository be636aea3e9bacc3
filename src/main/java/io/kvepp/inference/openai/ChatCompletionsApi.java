package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import io.kvepp.inference.JsonValues;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.ToolChoice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/v1/chat/completions`: messages and tools for the model's chat template.
///
/// Immutable.
final class ChatCompletionsApi implements PromptApi {
    private static final Set<String> FIELDS = Set.of(
            "messages",
            "tools",
            "tool_choice",
            "response_format",
            "chat_template_args",
            "chat_template_kwargs",
            "thinking",
            "reasoning_effort",
            "add_generation_prompt",
            "continue_final_message",
            "max_tokens",
            "max_completion_tokens");

    @Override
    public Set<String> fields() {
        return FIELDS;
    }

    @Override
    public @Nullable Object read(String field, JsonParser parser) throws IOException {
        return JsonValues.read(parser);
    }

    @Override
    public Prompt prompt(Map<String, @Nullable Object> fields) throws MalformedBodyException, UnsupportedBodyException {
        ChatMessages messages = messages(fields);
        boolean continueFinalMessage = Boolean.TRUE.equals(Fields.bool(fields, "continue_final_message"));
        Boolean addGenerationPrompt = Fields.bool(fields, "add_generation_prompt");
        if (continueFinalMessage && !Boolean.FALSE.equals(addGenerationPrompt)) {
            throw MalformedBodyException.of(
                    "add_generation_prompt", "not false", "false together with continue_final_message");
        }
        return new Prompt.Chat(
                messages.typed(),
                tools(Fields.array(fields, "tools")),
                toolChoice(fields.get("tool_choice")),
                ThinkingControls.normalized(fields),
                ResponseFormats.typed(Fields.object(fields, "response_format")),
                !continueFinalMessage && !Boolean.FALSE.equals(addGenerationPrompt),
                continueFinalMessage,
                messages.media(),
                given(fields));
    }

    private static Prompt.GivenChat given(Map<String, @Nullable Object> fields) throws UnsupportedBodyException {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        List<@Nullable Object> given = Fields.array(fields, "messages");
        for (Object message : given == null ? List.of() : given) {
            messages.add(Fields.required(Fields.asObject(message), "message"));
        }
        Map<String, @Nullable Object> args = Fields.object(fields, "chat_template_args");
        args = args == null ? Fields.object(fields, "chat_template_kwargs") : args;
        return new Prompt.GivenChat(messages, Fields.array(fields, "tools"), args == null ? Map.of() : args);
    }

    @Override
    public int maxTokens(Map<String, @Nullable Object> fields) {
        int maxCompletionTokens = Fields.count(fields, "max_completion_tokens");
        return maxCompletionTokens >= 0 ? maxCompletionTokens : Fields.count(fields, "max_tokens");
    }

    private static ChatMessages messages(Map<String, @Nullable Object> fields)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> messages = Fields.asArray(fields.get("messages"));
        if (messages == null || messages.isEmpty()) {
            String found = !fields.containsKey("messages") ? "missing" : messages == null ? "not a list" : "empty";
            throw MalformedBodyException.of("messages", found, "at least one message");
        }
        return ChatMessages.of(messages);
    }

    private static @Nullable ToolChoice toolChoice(@Nullable Object choice) throws UnsupportedBodyException {
        return switch (choice) {
            case null -> null;
            case String word -> ToolChoice.of(kind(word));
            case Map<?, ?> named -> ToolChoice.function(functionName(named));
            default -> throw new UnsupportedBodyException("tool_choice has another type");
        };
    }

    private static ToolChoice.Kind kind(String word) throws UnsupportedBodyException {
        return switch (word) {
            case "none" -> ToolChoice.Kind.NONE;
            case "auto" -> ToolChoice.Kind.AUTO;
            case "required" -> ToolChoice.Kind.REQUIRED;
            default -> throw new UnsupportedBodyException("tool_choice is another word");
        };
    }

    private static String functionName(Map<?, ?> named) throws UnsupportedBodyException {
        if (!"function".equals(named.get("type"))) {
            throw new UnsupportedBodyException("tool_choice of another type");
        }
        return Fields.requiredString(
                Fields.required(Fields.asObject(named.get("function")), "tool_choice.function"), "name");
    }

    private static @Nullable List<@Nullable Object> tools(@Nullable List<@Nullable Object> tools)
            throws UnsupportedBodyException {
        if (tools == null) {
            return null;
        }
        List<@Nullable Object> typed = new ArrayList<>(tools.size());
        for (Object tool : tools) {
            typed.add(tool(Fields.required(Fields.asObject(tool), "tool")));
        }
        if (typed.isEmpty()) {
            throw new UnsupportedBodyException("tools is empty");
        }
        return typed;
    }

    private static Map<String, @Nullable Object> tool(Map<String, @Nullable Object> tool)
            throws UnsupportedBodyException {
        if (!"function".equals(tool.get("type"))) {
            throw new UnsupportedBodyException("tool of another type");
        }
        Map<String, @Nullable Object> function = Fields.required(Fields.object(tool, "function"), "function");
        TypedObject typed = new TypedObject(function);
        typed.put("name", Fields.requiredString(function, "name"));
        typed.string("description");
        typed.any("parameters");
        typed.bool("strict");
        TypedObject result = new TypedObject(tool);
        result.put("type", "function");
        result.put("function", typed.result());
        return result.result();
    }
}
