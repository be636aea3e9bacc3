package io.kvepp.inference.openai;

import io.kvepp.inference.Prompt;
import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyScan;
import io.kvepp.inference.body.FieldTable;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatChecks;
import io.kvepp.inference.chat.ChatMessages;
import io.kvepp.inference.chat.ThinkingControls;
import io.kvepp.inference.chat.ValueChecks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/v1/responses`: instructions and input items, which the frontend turns into a chat.
///
/// Source: the conversion in dynamo-llm 1.6.1, protocols/openai/responses.
///
/// Immutable.
final class ResponsesApi implements BodyApi {
    static final String CONVERSION = "Failed to convert responses request: ";

    private static final String VALIDATION = "Validation: ";
    private static final Shape REASONING = Shape.object()
            .maybe("effort", CommonFields.EFFORT)
            .maybe("summary", Shape.words("auto", "concise", "detailed"))
            .maybe("mode", Shape.TEXT)
            .maybe("context", Shape.words("auto", "current_turn", "all_turns"));
    private static final Shape FORMAT = Shape.object().with("type", Shape.tag("text", "json_object", "json_schema"));
    private static final Shape TEXT =
            Shape.object().absentOr("format", FORMAT).maybe("verbosity", Shape.words("low", "medium", "high"));
    private static final Shape INCLUDE = Shape.list(Shape.words(
            "file_search_call.results",
            "web_search_call.results",
            "web_search_call.action.sources",
            "message.input_image.image_url",
            "computer_call_output.output.image_url",
            "code_interpreter_call.outputs",
            "reasoning.encrypted_content",
            "message.output_text.logprobs"));
    private static final FieldTable FIELDS = new FieldTable()
            .field("model", Shape.TEXT)
            .field("input", Shape.either(Shape.TEXT, Shape.list(Shape.ANY)))
            .field("instructions", Shape.TEXT)
            .field("include", INCLUDE)
            .field("max_output_tokens", Shape.U32)
            .spelled("max_tokens", "max_output_tokens", Shape.U32)
            .field("metadata", Shape.map(Shape.TEXT))
            .field("parallel_tool_calls", Shape.FLAG)
            .field("prompt_cache_key", Shape.TEXT)
            .field("prompt_cache_retention", Shape.words("in_memory", "24h"))
            .field("reasoning", REASONING)
            .field("safety_identifier", Shape.TEXT)
            .field("service_tier", Shape.words("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"))
            .field("store", Shape.FLAG)
            .field("stream", Shape.FLAG)
            .field("stream_options", Shape.object().maybe("include_obfuscation", Shape.FLAG))
            .field("temperature", Shape.NUMBER)
            .field("text", TEXT)
            .field("tool_choice", Shape.ANY)
            .field("tools", Shape.list(Shape.ANY))
            .field("top_logprobs", Shape.U8)
            .field("top_p", Shape.NUMBER)
            .field("truncation", Shape.words("auto", "disabled"))
            .field("background", Shape.FLAG)
            .field("chat_template_args", Shape.map(Shape.ANY))
            .spelled("chat_template_kwargs", "chat_template_args", Shape.map(Shape.ANY))
            .field("thinking_token_budget", Shape.U32)
            .read("conversation", CommonFields.left("conversation"))
            .read("previous_response_id", CommonFields.left("previous_response_id"))
            .read("prompt", CommonFields.left("prompt"))
            .read("max_tool_calls", CommonFields.left("max_tool_calls"));

    @Override
    public FieldTable fields() {
        return FIELDS;
    }

    @Override
    public Tolerance tolerance() {
        return Tolerance.REPAIRED;
    }

    @Override
    public Prompt prompt(BodyScan body) throws MalformedBodyException, UnsupportedBodyException {
        Fields fields = body.fields();
        Object input = fields.required(fields.any("input"), "input", "a text or a list of items");
        ResponseTools tools = ResponseTools.of(fields.list("tools"), fields.any("tool_choice"), input);
        ResponseItems items = ResponseItems.of(input, tools.names());
        refuseUnserved(body);
        checkOwn(fields);
        tools.checkStrict(fields);
        List<Map<String, @Nullable Object>> messages = messages(fields.text("instructions"), items.messages());
        List<@Nullable Object> definitions = tools.converted();
        if ("ultrafast".equals(fields.any("service_tier"))) {
            throw MalformedBodyException.value(
                    "service_tier",
                    VALIDATION + CONVERSION
                            + "Responses service_tier 'ultrafast' cannot be represented in Chat Completions");
        }
        Fields reasoning = fields.fields("reasoning");
        Map<String, @Nullable Object> args = ThinkingControls.normalized(
                Fields.asObject(fields.any("chat_template_args")),
                reasoning == null ? null : reasoning.text("effort"),
                null);
        ChatChecks.check(new ValueChecks(asChat(fields), ""), List.of(), messages, definitions, tools.choice());
        return new Prompt.Chat(
                messages,
                definitions,
                tools.choice(),
                args,
                false,
                ResponseFormats.typed(responseFormat(fields)),
                true,
                false,
                items.media(),
                null);
    }

    /// What the frontend answers 501 to, in its own words.
    private static void refuseUnserved(BodyScan body) throws MalformedBodyException, UnsupportedBodyException {
        boolean unserved = Boolean.TRUE.equals(body.fields().flag("background"))
                || body.nvext().extraFields().contains("completion_token_ids")
                || body.nvext().extraFields().contains("prompt_logprobs");
        if (unserved) {
            throw UnsupportedBodyException.form("a response in a form that is not served");
        }
    }

    private static void checkOwn(Fields fields) throws MalformedBodyException {
        ValueChecks values = new ValueChecks(fields, VALIDATION);
        values.between("temperature", "Temperature", 0, 2);
        values.above("top_p", "Top_p", 0, 1);
        values.outputTokens("max_output_tokens", "Max tokens");
        ChatChecks.responseFormat(responseFormat(fields), values);
    }

    /// The answer's format as chat completions spell it; null for plain text.
    private static @Nullable Map<String, @Nullable Object> responseFormat(Fields fields) throws MalformedBodyException {
        Map<String, @Nullable Object> text = Fields.asObject(fields.any("text"));
        Map<String, @Nullable Object> format = text == null ? null : Fields.asObject(text.get("format"));
        if (format == null || "text".equals(format.get("type"))) {
            return null;
        }
        if ("json_schema".equals(format.get("type")) && CommonFields.ANSWER_SCHEMA.fit(format) == Shape.Fit.NO) {
            throw MalformedBodyException.type("text.format", "another type", "a name and a schema");
        }
        Map<String, @Nullable Object> result = ChatMessages.object();
        result.put("type", format.get("type"));
        result.put("json_schema", format);
        return result;
    }

    private static Fields asChat(Fields fields) throws MalformedBodyException {
        Map<String, @Nullable Object> chat = new LinkedHashMap<>();
        for (String name : List.of("model", "temperature", "top_p", "chat_template_args")) {
            chat.put(name, fields.any(name));
        }
        chat.put("max_completion_tokens", fields.any("max_output_tokens"));
        return new Fields(chat, "");
    }

    /// Instructions first; system messages at the start are one.
    private static List<Map<String, @Nullable Object>> messages(
            @Nullable String instructions, List<Map<String, @Nullable Object>> items) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>(items.size() + 1);
        if (instructions != null) {
            messages.add(ChatMessages.system(instructions));
        }
        messages.addAll(items);
        int leading = 0;
        List<String> texts = new ArrayList<>();
        while (leading < messages.size()
                && "system".equals(messages.get(leading).get(ChatMessages.ROLE))) {
            texts.add(String.valueOf(messages.get(leading).get(ChatMessages.CONTENT)));
            leading++;
        }
        if (leading <= 1) {
            return messages;
        }
        List<Map<String, @Nullable Object>> merged = new ArrayList<>(messages.size());
        merged.add(ChatMessages.system(String.join("\n\n", texts)));
        merged.addAll(messages.subList(leading, messages.size()));
        return merged;
    }
}
