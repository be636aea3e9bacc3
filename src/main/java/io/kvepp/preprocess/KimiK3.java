package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.inference.ToolChoice;
import io.kvepp.inference.json.JsonText;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The prompts of Kimi K3: elements of special tokens around text in which none counts.
///
/// Tools, how hard to think, a demanded call and the form of the answer are system messages. Every
/// answer has a channel for its thoughts while thinking is on. A partial last answer stays open.
///
/// Source: the encoding that comes with the model, as the Dynamo frontend 1.6.1 writes it.
///
/// Immutable.
final class KimiK3 implements ChatFormat {
    private static final List<String> EFFORTS = List.of("low", "high", "max");
    private static final String PLAIN_JSON = """
            Your response must be raw JSON data without markdown code blocks (```json) or any additional formatting.""";

    @Override
    public String name() {
        return "Kimi K3";
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException {
        List<Map<String, @Nullable Object>> messages = KimiK3Results.sorted(chat.messages());
        KimiK3Tools.check(chat.tools(), messages, chat.toolChoice());
        ToolChoice choice = chat.toolChoice();
        boolean named = choice != null && choice.kind() == ToolChoice.Kind.FUNCTION;
        boolean thinking = !named && Thinking.switchedOn(chat.templateArgs());
        KimiK3Writer writer = new KimiK3Writer(thinking);
        if (chat.tools() != null && !chat.tools().isEmpty()) {
            writer.tools("# Tools\nHere are the available tools, described in JSONSchema.", chat.tools());
        }
        if (thinking) {
            writer.system("thinking-effort", effort(chat.templateArgs()));
        }
        Map<String, @Nullable Object> last = messages.getLast();
        boolean partial = isPartial(last);
        for (Map<String, @Nullable Object> message : partial ? messages.subList(0, messages.size() - 1) : messages) {
            if (isPartial(message)) {
                throw new ChatRefusedException("messages: a partial message before the last (expected: the last)");
            }
            writer.message(message);
        }
        demands(writer, choice, chat.responseFormat());
        if (partial) {
            writer.openAnswer(last);
        } else if (chat.addGenerationPrompt()) {
            writer.openAnswer();
        }
        return writer.prompt();
    }

    private static boolean isPartial(Map<String, @Nullable Object> message) {
        return Boolean.TRUE.equals(message.get("partial"));
    }

    private static String effort(Map<String, @Nullable Object> args) throws ChatRefusedException {
        Object given = args.containsKey("thinking_effort") ? args.get("thinking_effort") : args.get("reasoning_effort");
        String effort = given instanceof String word ? word : "max";
        if (!EFFORTS.contains(effort)) {
            throw new ChatRefusedException(
                    "thinking_effort: a value the model does not know (expected: low, high or max)");
        }
        return """
                `thinking_effort` guides on how much to think in your thinking channel (not including the response \
                channel), supported values include `low`, `medium`, `high`, and `max`.
                Now the system is invoked with `thinking_effort=%s`.""".formatted(effort);
    }

    private static void demands(
            KimiK3Writer writer, @Nullable ToolChoice choice, @Nullable Map<String, @Nullable Object> format) {
        if (choice != null) {
            switch (choice.kind()) {
                case REQUIRED -> choice(writer, "required", "You MUST call tools in the next message.");
                case NONE -> choice(writer, "none", "You MUST NOT call any tools in the next message.");
                case FUNCTION ->
                    choice(
                            writer,
                            "specified",
                            "You MUST call the tool `" + choice.function() + "` in the next message.");
                case AUTO -> {}
            }
        }
        Object type = format == null ? "text" : format.get("type");
        if ("json_object".equals(type)) {
            writer.system(
                    "response-format", "The system is invoked with `response_format=json_object`.\n" + PLAIN_JSON);
        } else if (format != null && "json_schema".equals(type)) {
            Map<String, @Nullable Object> outer = Json.object(format.get("json_schema"));
            writer.system(
                    "response-format",
                    "The system is invoked with `response_format=json_schema`.\n" + PLAIN_JSON
                            + "\nThe JSON data must match the following schema:\n```json\n"
                            + JsonText.of(KimiK3Tools.sorted(outer == null ? null : outer.get("schema"))) + "\n```");
        }
    }

    private static void choice(KimiK3Writer writer, String word, String demand) {
        writer.system("tool-choice", "The system is invoked with `tool_choice=" + word + "`.\n" + demand);
    }
}
