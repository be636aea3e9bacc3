package io.kvepp.preprocess;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kvepp.inference.json.JsonValues;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How calls are written: the names of the elements, and what arguments may be.
///
/// - `lenient`: arguments may be JSON inside JSON, and what is no object becomes an argument itself
///
/// Immutable.
record DeepSeekV4Tags(String calls, String invoke, String parameter, boolean lenient) {
    private static final String TOOLS = """
            ## Tools

            You have access to a set of tools to help answer the user's question. You can invoke tools by writing a \
            "<｜DSML｜tool_calls>" block like the following:

            <｜DSML｜tool_calls>
            <｜DSML｜invoke name="$TOOL_NAME">
            <｜DSML｜parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</｜DSML｜parameter>
            ...
            </｜DSML｜invoke>
            <｜DSML｜invoke name="$TOOL_NAME2">
            ...
            </｜DSML｜invoke>
            </｜DSML｜tool_calls>

            String parameters should be specified as is and set `string="true"`. For all other types (numbers, \
            booleans, arrays, objects), pass the value in JSON format and set `string="false"`.

            If thinking_mode is enabled (triggered by <think>), you MUST output your complete reasoning inside \
            <think>...</think> BEFORE any tool calls or final response.

            Otherwise, output directly after </think> with tool calls or final response.

            ### Available Tool Schemas

            %s

            You MUST strictly follow the above defined tool name and parameter schemas to invoke tool calls.
            """;

    /// The words that announce tools, `%s` being where the functions stand.
    String tools() {
        return TOOLS.replace(DeepSeekText.MARK + "tool_calls", element(calls))
                .replace(DeepSeekText.MARK + "invoke", element(invoke))
                .replace(DeepSeekText.MARK + "parameter", element(parameter));
    }

    String element(String name) {
        return DeepSeekText.MARK + name;
    }

    Map<String, @Nullable Object> arguments(String json) throws ChatRefusedException {
        if (!lenient) {
            return DeepSeekText.arguments(json);
        }
        Map<String, @Nullable Object> object = Json.object(decoded(decoded(json)));
        return object == null ? Map.of("arguments", json) : object;
    }

    private static @Nullable Object decoded(@Nullable Object value) {
        if (!(value instanceof String text)) {
            return value;
        }
        try {
            return JsonValues.parse(text);
        } catch (JsonProcessingException e) {
            return value;
        }
    }
}
