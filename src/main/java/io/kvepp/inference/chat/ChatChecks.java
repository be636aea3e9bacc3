package io.kvepp.inference.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.ToolChoice;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.inference.json.WhiteSpace;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The checks that every chat goes through, in the frontend's order, whatever API it came by.
///
/// Source: `ValidateRequest` of dynamo-llm 1.6.1. The inside of answer formats is left to the
/// frontend.
///
/// Thread-safe.
public final class ChatChecks {
    private ChatChecks() {}

    /// `unknown` names the fields the API does not know, none if it ignores them.
    public static void check(
            ValueChecks values,
            List<String> unknown,
            List<Map<String, @Nullable Object>> messages,
            @Nullable List<@Nullable Object> tools,
            @Nullable ToolChoice choice)
            throws MalformedBodyException, UnsupportedBodyException {
        values.unknown(unknown);
        values.oneConstraint(hasSchema(values.fields()));
        templateArgs(values);
        messages(values, messages);
        values.model();
        sampling(values);
        responseFormat(values.fields().any("response_format"), values);
        values.stop();
        values.between("temperature", "Temperature", 0, 2);
        values.above("top_p", "Top_p", 0, 1);
        ChatTools.check(tools, messages, choice, values);
        values.user();
        values.above("repetition_penalty", "Repetition penalty", 0, 2);
        values.between("min_p", "Min_p", 0, 1);
        values.topK();
        values.choicesNeedTemperature();
    }

    private static void sampling(ValueChecks values) throws MalformedBodyException {
        values.between("frequency_penalty", "Frequency penalty", -2, 2);
        values.logitBias();
        values.between("top_logprobs", "Top_logprobs", 0, 20);
        values.outputTokens("max_tokens", "Max tokens");
        values.outputTokens("max_completion_tokens", "Max completion tokens");
        values.between("n", "n", 1, 128);
        values.between("presence_penalty", "Presence penalty", -2, 2);
    }

    private static boolean hasSchema(Fields fields) throws MalformedBodyException {
        Map<String, @Nullable Object> format = Fields.asObject(fields.any("response_format"));
        return format != null && !"text".equals(format.get("type"));
    }

    private static void templateArgs(ValueChecks values) throws MalformedBodyException {
        Map<String, @Nullable Object> args = Fields.asObject(values.fields().any("chat_template_args"));
        if (args != null && args.containsKey("chat_template")) {
            throw values.refused("chat_template_args", "`chat_template` is not supported inside `chat_template_args`");
        }
    }

    private static void messages(ValueChecks values, List<Map<String, @Nullable Object>> messages)
            throws MalformedBodyException {
        if (messages.isEmpty()) {
            throw values.refused("messages", "Messages array cannot be empty");
        }
        for (int i = 0; i < messages.size(); i++) {
            List<@Nullable Object> calls = Fields.asList(messages.get(i).get("tool_calls"));
            for (int j = 0; calls != null && j < calls.size(); j++) {
                if (!areArguments(calls.get(j))) {
                    String field = "messages[" + i + "].tool_calls[" + j + "].function.arguments";
                    throw values.refused(field, "`" + field + "` must be a valid JSON object string");
                }
            }
        }
    }

    /// Whether the arguments of a call are blank or the JSON text of an object.
    private static boolean areArguments(@Nullable Object call) {
        Map<String, @Nullable Object> object = Fields.asObject(call);
        Map<String, @Nullable Object> function = object == null ? null : Fields.asObject(object.get("function"));
        if (function == null || !(function.get("arguments") instanceof String text) || WhiteSpace.isAll(text)) {
            return true;
        }
        try {
            return JsonValues.parse(text) instanceof Map;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /// Refuses a schema without a name, or one that is no object.
    public static void responseFormat(@Nullable Object format, ValueChecks values) throws MalformedBodyException {
        Map<String, @Nullable Object> object = Fields.asObject(format);
        Map<String, @Nullable Object> schema = object == null ? null : Fields.asObject(object.get("json_schema"));
        if (object == null || schema == null || !"json_schema".equals(object.get("type"))) {
            return;
        }
        if ("".equals(schema.get("name"))) {
            throw values.refused("response_format", "`response_format.json_schema.name` cannot be empty");
        }
        if (schema.get("schema") == null) {
            throw values.refused(
                    "response_format",
                    "`response_format.json_schema.schema` is required when `response_format.type` is `json_schema`");
        }
        String kind = switch (schema.get("schema")) {
            case List<?> _ -> "array";
            case String _ -> "string";
            case Number _ -> "number";
            case Boolean _ -> "boolean";
            case null, default -> null;
        };
        if (kind != null) {
            throw values.refused(
                    "response_format", "`response_format.json_schema.schema` must be a JSON object, got " + kind);
        }
    }
}
