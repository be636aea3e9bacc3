package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.jinja.JinjaSyntaxException;
import io.kvepp.preprocess.jinja.JinjaTemplate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// The tokens and fixed words of DeepSeek's prompts: what the models were trained on.
///
/// Source: the encodings that come with DeepSeek V3.2 and V4, as the Dynamo frontend 1.6.1 writes
/// them.
///
/// Thread-safe.
final class DeepSeekText {
    static final String BEGIN = "<｜begin▁of▁sentence｜>";
    static final String END = "<｜end▁of▁sentence｜>";
    static final String SYSTEM = "<｜System｜>";
    static final String USER = "<｜User｜>";
    static final String ASSISTANT = "<｜Assistant｜>";
    static final String THINK = "<think>";
    static final String END_THINK = "</think>";
    static final String MARK = "｜DSML｜";

    private static final String FORMAT = """
            ## Response Format:

            You MUST strictly adhere to the following schema to reply:
            """;
    private static final JinjaTemplate JSON = json();

    private DeepSeekText() {}

    private static JinjaTemplate json() {
        try {
            return JinjaTemplate.compile("{{ value|tojson }}", JinjaSettings.chat(() -> Instant.EPOCH, ZoneOffset.UTC));
        } catch (JinjaSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /// JSON as Python writes it, with spaces behind commas and colons.
    static String json(@Nullable Object value) throws JinjaRenderException {
        Map<String, @Nullable Object> context = new HashMap<>();
        context.put("value", value);
        return JSON.render(context);
    }

    /// The words that announce tools, with the functions where `words` says so.
    static String tools(String words, List<@Nullable Object> tools) throws JinjaRenderException {
        StringJoiner functions = new StringJoiner("\n");
        for (Object tool : tools) {
            Map<String, @Nullable Object> object = Json.object(tool);
            if (object != null && object.containsKey("function")) {
                functions.add(json(object.get("function")));
            }
        }
        return words.formatted(functions);
    }

    /// The words that ask for a form of the answer.
    static String responseFormat(Object format) throws JinjaRenderException {
        return FORMAT + json(format);
    }

    /// The text of content: of its parts, one after the other, those that are text.
    static @Nullable String visible(@Nullable Object content) {
        List<@Nullable Object> parts = Json.array(content);
        if (parts == null) {
            return content instanceof String text ? text : null;
        }
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            Map<String, @Nullable Object> object = Json.object(part);
            if (object != null && Json.isTextPart(part) && object.get("text") instanceof String words) {
                text.append(words);
            }
        }
        return text.toString();
    }

    /// The arguments of a call, one line each. `element` names a line's tag.
    static String parameters(String element, Map<String, @Nullable Object> arguments) throws JinjaRenderException {
        List<String> lines = new ArrayList<>(arguments.size());
        for (Map.Entry<String, @Nullable Object> argument : arguments.entrySet()) {
            Object value = argument.getValue();
            boolean isText = value instanceof String;
            lines.add("<" + element + " name=\"" + argument.getKey() + "\" string=\"" + isText + "\">"
                    + (value instanceof String text ? text : json(value)) + "</" + element + ">");
        }
        return String.join("\n", lines);
    }

    /// The arguments of a call; text that is no JSON is an argument by itself.
    static Map<String, @Nullable Object> arguments(String json) throws ChatRefusedException {
        Object value;
        try {
            value = JsonValues.parse(json);
        } catch (JsonProcessingException e) {
            return Map.of("arguments", json);
        }
        Map<String, @Nullable Object> object = Json.object(value);
        if (object == null) {
            throw new ChatRefusedException("tool call arguments: no JSON object (expected: a JSON object)");
        }
        return object;
    }
}
