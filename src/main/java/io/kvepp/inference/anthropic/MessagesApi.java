package io.kvepp.inference.anthropic;

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
import io.kvepp.inference.chat.ChatMessages;
import io.kvepp.inference.chat.ChatTools;
import io.kvepp.inference.chat.ValueChecks;
import io.kvepp.inference.json.WhiteSpace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/v1/messages`: a system prompt and messages of content blocks.
///
/// Source: the conversion in dynamo-llm 1.6.1, protocols/anthropic.
///
/// Immutable.
final class MessagesApi implements BodyApi {
    static final Shape CACHE_CONTROL = Shape.object().with("type", Shape.TEXT).maybe("ttl", Shape.TEXT);

    private static final String BILLING = "x-anthropic-billing-header:";
    private static final Shape SYSTEM = Shape.either(
            Shape.TEXT, Shape.list(Shape.object().with("text", Shape.TEXT).maybe("cache_control", CACHE_CONTROL)));
    private static final Shape TOOL = Shape.object()
            .with("name", Shape.TEXT)
            .maybe("type", Shape.TEXT)
            .maybe("description", Shape.TEXT)
            .maybe("input_schema", Shape.ANY)
            .maybe("strict", Shape.FLAG)
            .maybe("cache_control", CACHE_CONTROL);
    private static final Shape CHOICE = Shape.object()
            .with("type", Shape.words("auto", "any", "none", "tool"))
            .maybe("disable_parallel_tool_use", Shape.FLAG);
    private static final FieldTable FIELDS = new FieldTable()
            .field("model", Shape.TEXT)
            .field("max_tokens", Shape.U32)
            .read("messages", BlockReader::read)
            .field("system", SYSTEM)
            .field("temperature", Shape.NUMBER)
            .field("top_p", Shape.NUMBER)
            .field("top_k", Shape.U32)
            .field("stop_sequences", Shape.list(Shape.TEXT))
            .notNull("stream", Shape.FLAG)
            .field("tools", Shape.list(TOOL))
            .field("tool_choice", CHOICE)
            .field("cache_control", CACHE_CONTROL)
            .field("thinking", Shape.object().with("type", Shape.TEXT).maybe("budget_tokens", Shape.U32))
            .field("service_tier", Shape.TEXT)
            .field("container", Shape.TEXT)
            .field("output_config", Shape.ANY)
            .ignored("metadata");

    private final BodyConfig config;

    MessagesApi(BodyConfig config) {
        this.config = config;
    }

    @Override
    public FieldTable fields() {
        return FIELDS;
    }

    @Override
    public Tolerance tolerance() {
        return Tolerance.STRICT;
    }

    @Override
    public Prompt prompt(BodyScan body) throws MalformedBodyException, UnsupportedBodyException {
        Fields fields = body.fields();
        fields.requiredText("model");
        Long maxTokens = (Long) fields.required(fields.any("max_tokens"), "max_tokens", Shape.U32.expected());
        BlockReader.Messages turns =
                (BlockReader.Messages) fields.required(fields.any("messages"), "messages", "a list of messages");
        checkTurns(turns);
        List<@Nullable Object> tools = tools(fields.list("tools"));
        if (maxTokens == 0) {
            throw MalformedBodyException.value("max_tokens", "max_tokens: must be greater than 0");
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        String system = system(fields);
        if (system != null) {
            messages.add(ChatMessages.system(system));
        }
        turns.addTo(messages);
        Map<String, @Nullable Object> responseFormat = responseFormat(fields);
        ToolChoice choice = choice(fields);
        ChatChecks.check(new ValueChecks(asChat(fields), ""), List.of(), messages, tools, choice);
        String thinking = thinking(fields);
        return new Prompt.Chat(
                messages,
                tools,
                choice,
                "enabled".equals(thinking) ? Map.of("enable_thinking", true) : Map.of(),
                !"disabled".equals(thinking),
                responseFormat,
                true,
                false,
                turns.media(),
                null);
    }

    private static void checkTurns(BlockReader.Messages turns) throws MalformedBodyException {
        if (turns.isEmpty()) {
            throw MalformedBodyException.value("messages", "messages: field required");
        }
        String fault = turns.fault();
        if (fault != null) {
            throw MalformedBodyException.value("messages", fault);
        }
    }

    private static @Nullable String thinking(Fields fields) throws MalformedBodyException, UnsupportedBodyException {
        Fields thinking = fields.fields("thinking");
        return thinking == null ? null : thinking.text("type");
    }

    private @Nullable String system(Fields fields) throws MalformedBodyException {
        Object system = fields.any("system");
        if (system == null) {
            return null;
        }
        String text = system instanceof List<?> blocks ? joined(blocks) : system.toString();
        return config.stripsAnthropicPreamble() ? withoutBilling(text) : text;
    }

    private static String joined(List<?> blocks) {
        List<String> texts = new ArrayList<>();
        for (Object block : blocks) {
            texts.add(block instanceof Map<?, ?> map ? String.valueOf(map.get("text")) : "");
        }
        return String.join("\n", texts);
    }

    /// Coding agents put a line in front that differs from session to session.
    private static String withoutBilling(String text) {
        String trimmed = WhiteSpace.trimStart(text);
        int end = trimmed.indexOf('\n');
        return trimmed.startsWith(BILLING) && end >= 0 ? trimmed.substring(end + 1) : text;
    }

    /// No tools at all is the same as none given.
    private static @Nullable List<@Nullable Object> tools(@Nullable List<@Nullable Object> tools)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> converted = new ArrayList<>();
        for (int i = 0; tools != null && i < tools.size(); i++) {
            Fields tool = Fields.of(tools.get(i), "tools[" + i + "]");
            String type = tool.text("type");
            if ("".equals(type)) {
                throw MalformedBodyException.value("tools", "tools[" + i + "].type: must be a non-empty string");
            }
            if (type != null && !type.equals("custom")) {
                throw MalformedBodyException.value(
                        "tools", "tools[" + i + "]: server tool type \"" + type + "\" is not supported");
            }
            if (!tool.has("input_schema")) {
                throw MalformedBodyException.value(
                        "tools", "tools[" + i + "].input_schema: field required for client tools");
            }
            converted.add(ChatTools.definition(
                    tool.requiredText("name"),
                    tool.text("description"),
                    tool.any("input_schema"),
                    tool.flag("strict")));
        }
        return converted.isEmpty() ? null : converted;
    }

    /// A name makes it a named choice, whatever the type says.
    private static @Nullable ToolChoice choice(Fields fields) throws MalformedBodyException, UnsupportedBodyException {
        Fields choice = fields.fields("tool_choice");
        if (choice == null) {
            return null;
        }
        if (choice.any("name") instanceof String name) {
            return ToolChoice.function(name);
        }
        String type = choice.requiredText("type");
        return ChatTools.choice(type.equals("any") || type.equals("tool") ? "required" : type);
    }

    private static @Nullable Map<String, @Nullable Object> responseFormat(Fields fields) throws MalformedBodyException {
        Map<String, @Nullable Object> output = Fields.asObject(fields.any("output_config"));
        Object format = output == null ? null : output.get("format");
        if (format == null) {
            return null;
        }
        Map<String, @Nullable Object> object = Fields.asObject(format);
        if (object == null || !"json_schema".equals(object.get("type"))) {
            throw refused("output_config.format.type must be json_schema");
        }
        if (!(object.get("schema") instanceof Map<?, ?> schema)) {
            throw refused("output_config.format.schema must be an object");
        }
        return Map.of(
                "type", "json_schema", "json_schema", Map.of("name", "response", "schema", schema, "strict", true));
    }

    static MalformedBodyException refused(String message) {
        return MalformedBodyException.value(null, "Failed to convert request: " + message);
    }

    private static Fields asChat(Fields fields) throws MalformedBodyException {
        Map<String, @Nullable Object> chat = new LinkedHashMap<>();
        for (String name : List.of("model", "temperature", "top_p")) {
            chat.put(name, fields.any(name));
        }
        chat.put("max_completion_tokens", fields.any("max_tokens"));
        List<@Nullable Object> stops = fields.list("stop_sequences");
        chat.put("stop", stops == null || stops.isEmpty() ? null : stops);
        chat.put("top_k", fields.any("top_k") instanceof Long topK ? (Long) (long) topK.intValue() : null);
        return new Fields(chat, "");
    }
}
