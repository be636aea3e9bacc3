package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.json.JsonValues;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinkingAliasesTest {
    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{} | - | {}",
                "{} | qwen3 | {}",
                "{} | kimi_k25 | {\"thinking\":true,\"enable_thinking\":true}",
                "{\"thinking\":\"Yes\"} | - | {\"thinking\":true,\"enable_thinking\":true}",
                "{\"thinking\":\" on\\n\"} | - | {\"thinking\":true,\"enable_thinking\":true}",
                "{\"thinking_mode\":\" enabled\"} | - | {\"thinking_mode\":\" enabled\"}",
                "{\"thinking_mode\":\" no \"} | - | {\"thinking_mode\":\" no \",\"thinking\":false,\"enable_thinking\":false}",
                "{\"thinking\":\"nope\"} | - | {\"thinking\":false,\"enable_thinking\":false}",
                "{\"enable_thinking\":0} | kimi_k3 | {\"thinking\":false,\"enable_thinking\":false}",
                "{\"thinking\":[],\"enable_thinking\":2.5} | - | {\"thinking\":true,\"enable_thinking\":true}",
                "{\"thinking_mode\":\"Disabled\"} | - | {\"thinking_mode\":\"Disabled\",\"thinking\":false,\"enable_thinking\":false}",
                "{\"thinking_mode\":\"on\"} | - | {\"thinking_mode\":\"on\",\"thinking\":true,\"enable_thinking\":true}",
                "{\"thinking_mode\":\"adaptive\"} | - | {\"thinking_mode\":\"adaptive\"}",
                "{\"thinking_mode\":\"adaptive\"} | kimi-k3 | {\"thinking_mode\":\"adaptive\",\"thinking\":true,\"enable_thinking\":true}"
            })
    void bothSwitchesGetOnePlainValue(String args, String parser, String expected) throws Exception {
        assertThat(ThinkingAliases.applied(object(args), parser)).isEqualTo(object(expected));
    }

    private static Map<String, @Nullable Object> object(String json) throws Exception {
        return Objects.requireNonNull(Json.object(JsonValues.parse(json)));
    }
}
