package io.kvepp.inference.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.json.JsonValues;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinkingControlsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | {}",
                "{\"chat_template_kwargs\":{\"a\":1}} | {\"a\":1}",
                "{\"thinking\":true} | {\"thinking\":true,\"enable_thinking\":true,\"thinking_mode\":\"enabled\"}",
                "{\"thinking\":{\"type\":\"disabled\"}} | {\"thinking\":false,\"enable_thinking\":false,\"thinking_mode\":\"disabled\"}",
                "{\"reasoning_effort\":\"high\"} | {\"thinking\":true,\"enable_thinking\":true,\"thinking_mode\":\"enabled\",\"reasoning_effort\":\"high\"}",
                "{\"reasoning_effort\":\"none\"} | {\"thinking\":false,\"enable_thinking\":false,\"thinking_mode\":\"disabled\",\"reasoning_effort\":\"none\"}",
                "{\"chat_template_args\":{\"enable_thinking\":false}} | {\"enable_thinking\":false,\"thinking\":false,\"thinking_mode\":\"disabled\"}",
                "{\"chat_template_args\":{\"enable_thinking\":false},\"reasoning_effort\":\"low\"} | {\"enable_thinking\":false,\"thinking\":false,\"thinking_mode\":\"disabled\",\"reasoning_effort\":\"low\"}",
                "{\"chat_template_args\":{\"thinking_mode\":\"Adaptive\"},\"reasoning_effort\":\"low\"} | {\"thinking_mode\":\"Adaptive\",\"reasoning_effort\":\"low\"}",
                "{\"chat_template_args\":{\"thinking\":true},\"thinking\":{\"type\":\"adaptive\"}} | {\"thinking_mode\":\"adaptive\"}",
                "{\"chat_template_args\":{\"thinking_mode\":\"DISABLED\"}} | {\"thinking_mode\":\"disabled\",\"thinking\":false,\"enable_thinking\":false}",
                "{\"chat_template_args\":{\"thinking\":\"off\"}} | {\"thinking\":\"off\"}",
                "{\"chat_template_args\":{\"reasoning_effort\":5}} | {\"reasoning_effort\":5}"
            })
    void theControlWithTheHighestPrecedenceDecidesForAll(String fields, String args) throws Exception {
        Map<String, @Nullable Object> given = object(fields);
        Object templateArgs = given.getOrDefault("chat_template_args", given.get("chat_template_kwargs"));
        assertThat(ThinkingControls.normalized(
                        Fields.asObject(templateArgs), (String) given.get("reasoning_effort"), given.get("thinking")))
                .isEqualTo(object(args));
    }

    private static Map<String, @Nullable Object> object(String json) throws Exception {
        return Objects.requireNonNull(Fields.asObject(JsonValues.parse(json)));
    }
}
