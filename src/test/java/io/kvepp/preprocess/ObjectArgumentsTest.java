package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.json.JsonText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectArgumentsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | {}",
                "[1] | {}",
                "5 | {}",
                "{\"a\":1,\"b\":\"x\"} | {\"a\":1,\"b\":\"x\"}",
                "{\"a\":1.0,\"b\":1e2} | {\"a\":1.0,\"b\":\"1e2\"}",
                "{\"a\":123456789012345678901} | {\"a\":\"123456789012345678901\"}",
                "{\"a\": 1.50 } | {\"a\":\"1.50\"}",
                "{\"a\" :1.50} | {\"a\":1.5}",
                "{\"x\":{\"a\":\"y\"},\"a\":1} | {\"x\":{\"a\":\"y\"},\"a\":\"\\\"y\\\"\"}",
                "{\"x\":{\"a\":[{},\"]\"]},\"a\":1} | {\"x\":{\"a\":[{},\"]\"]},\"a\":\"[{},\\\"]\\\"]\"}"
            })
    void argumentsBecomeObjectsWithNumbersAsTheyWereSpelled(String text, String expected) {
        assertThat(JsonText.of(arguments(text).getFirst())).isEqualTo(expected);
    }

    @Test
    void callsAfterBrokenArgumentsStayText() {
        assertThat(arguments("{}", "{", "{}")).containsExactly(Map.of(), "{", "{}");
    }

    private static List<Object> arguments(String... texts) {
        List<Object> calls = Arrays.stream(texts)
                .map(text -> (Object) Map.of("function", Map.of("arguments", text)))
                .toList();
        Map<String, @Nullable Object> message = new HashMap<>();
        message.put("tool_calls", calls);
        List<Object> arguments = new ArrayList<>();
        Object applied = ObjectArguments.applied(List.of(message)).getFirst().get("tool_calls");
        for (Object call : Objects.requireNonNull(Json.array(applied))) {
            Map<String, @Nullable Object> function =
                    Json.object(Objects.requireNonNull(Json.object(call)).get("function"));
            arguments.add(
                    Objects.requireNonNull(Objects.requireNonNull(function).get("arguments")));
        }
        return arguments;
    }
}
