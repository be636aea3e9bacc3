package io.kvepp.inference.openai;

import io.kvepp.inference.Prompt;
import io.kvepp.inference.ToolChoice;
import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.body.BodyScan;
import io.kvepp.inference.body.FieldTable;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatChecks;
import io.kvepp.inference.chat.ChatTools;
import io.kvepp.inference.chat.ThinkingControls;
import io.kvepp.inference.chat.ValueChecks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/v1/chat/completions`: messages and tools for the model's chat template.
///
/// Immutable.
final class ChatCompletionsApi implements BodyApi {
    private static final String VALIDATION = "Validation: ";
    private static final Shape RESPONSE_FORMAT =
            Shape.object().with("type", Shape.tag("text", "json_object", "json_schema"));
    private static final Shape VOICE = Shape.object()
            .with("voice", Shape.TEXT)
            .with("format", Shape.words("wav", "aac", "mp3", "flac", "opus", "pcm16"));
    private static final FieldTable FIELDS = CommonFields.extended(CommonFields.sampled())
            .read("messages", MessageReader::read)
            .field("tools", Shape.list(Shape.ANY))
            .field("tool_choice", Shape.ANY)
            .field("chat_template_args", Shape.map(Shape.ANY))
            .spelled("chat_template_kwargs", "chat_template_args", Shape.map(Shape.ANY))
            .field("thinking", Shape.ANY)
            .field("thinking_token_budget", Shape.U32)
            .field("reasoning_effort", CommonFields.EFFORT)
            .field("max_completion_tokens", Shape.U32)
            .field("store", Shape.FLAG)
            .field("logprobs", Shape.FLAG)
            .field("top_logprobs", Shape.U8)
            .field("modalities", Shape.list(Shape.words("text", "audio")))
            .field("audio", VOICE)
            .field("response_format", RESPONSE_FORMAT)
            .field("service_tier", Shape.words("auto", "default", "flex", "scale", "priority", "fast"))
            .field("parallel_tool_calls", Shape.FLAG)
            .field("prompt_cache_key", Shape.TEXT)
            .read("prediction", CommonFields.left("prediction"))
            .read("web_search_options", CommonFields.left("web_search_options"))
            .read("function_call", CommonFields.left("function_call"))
            .read("functions", CommonFields.left("functions"))
            .ignored("mm_processor_kwargs")
            .ignored("media_io_kwargs");

    private final BodyConfig config;

    ChatCompletionsApi(BodyConfig config) {
        this.config = config;
    }

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
        MessageReader.Messages messages =
                (MessageReader.Messages) fields.required(fields.any("messages"), "messages", "a list of messages");
        fields.requiredText("model");
        List<@Nullable Object> tools = tools(fields.list("tools"));
        ToolChoice choice = choice(fields.any("tool_choice"));
        Map<String, @Nullable Object> args = ThinkingControls.normalized(
                Fields.asObject(fields.any("chat_template_args")),
                fields.text("reasoning_effort"),
                fields.any("thinking"));
        ValueChecks values = new ValueChecks(fields, VALIDATION);
        if (messages.list().isEmpty()) {
            throw values.refused("messages", "The 'messages' field cannot be empty. At least one message is required.");
        }
        values.streamOptionsNeedStream();
        List<String> unknown = config.ignoresUnknownFields() ? List.of() : body.unknown();
        responseFormat(fields);
        ChatChecks.check(values, unknown, messages.list(), tools, choice);
        boolean continued = Boolean.TRUE.equals(fields.flag("continue_final_message"));
        boolean prompted = !Boolean.FALSE.equals(fields.flag("add_generation_prompt"));
        if (continued && prompted) {
            throw values.refused(
                    "add_generation_prompt",
                    "Cannot set both `continue_final_message` and `add_generation_prompt` to True.");
        }
        return new Prompt.Chat(
                messages.list(),
                tools,
                choice,
                args,
                false,
                ResponseFormats.typed(fields.any("response_format")),
                prompted,
                continued,
                messages.media(),
                given(fields, messages));
    }

    private static Prompt.GivenChat given(Fields fields, MessageReader.Messages messages)
            throws MalformedBodyException {
        Map<String, @Nullable Object> args = Fields.asObject(fields.any("chat_template_args"));
        return new Prompt.GivenChat(messages.given(), fields.list("tools"), args == null ? Map.of() : args);
    }

    private static @Nullable List<@Nullable Object> tools(@Nullable List<@Nullable Object> tools)
            throws MalformedBodyException, UnsupportedBodyException {
        if (tools == null) {
            return null;
        }
        List<@Nullable Object> typed = new ArrayList<>(tools.size());
        for (int i = 0; i < tools.size(); i++) {
            Fields tool = Fields.of(tools.get(i), "tools[" + i + "]");
            isFunction(tool);
            Fields function = tool.required(tool.fields("function"), "function", "an object");
            typed.add(ChatTools.definition(
                    function.requiredText("name"),
                    function.text("description"),
                    function.any("parameters"),
                    function.flag("strict")));
        }
        return typed;
    }

    private static void isFunction(Fields tool) throws MalformedBodyException {
        if (!"function".equals(tool.requiredText("type"))) {
            throw MalformedBodyException.type(tool.where() + "type", "another word", "function");
        }
    }

    private static void responseFormat(Fields fields) throws MalformedBodyException, UnsupportedBodyException {
        Fields format = fields.fields("response_format");
        if (format != null && "json_schema".equals(format.any("type"))) {
            format.required(format.any("json_schema"), "json_schema", "an object");
            format.check("json_schema", CommonFields.ANSWER_SCHEMA);
        }
    }

    private static @Nullable ToolChoice choice(@Nullable Object choice)
            throws MalformedBodyException, UnsupportedBodyException {
        if (choice == null) {
            return null;
        }
        if (choice instanceof String word) {
            ToolChoice known = ChatTools.choice(word);
            if (known == null) {
                throw MalformedBodyException.type(
                        "tool_choice", "another word", "none, auto, required or a named function");
            }
            return known;
        }
        Fields named = Fields.of(choice, "tool_choice");
        isFunction(named);
        Fields function = named.required(named.fields("function"), "function", "an object");
        return ToolChoice.function(function.requiredText("name"));
    }
}
