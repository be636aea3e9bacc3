package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.Parsing;
import io.kvepp.inference.testing.StrictSchemas;
import io.kvepp.inference.testing.StrictSchemas.Recorded;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Parameters of functions that are to be called strictly: what the frontend was recorded to refuse
/// is refused in its words, what it took is taken, and the rest is left to it.
class StrictSchemasTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String OPEN = "{\"type\":\"object\"}";
    private static final String OPEN_FAULT =
            "Invalid schema for function 'f': In context=#, object schemas require additionalProperties: false";

    @Test
    void schemasHaveTheVerdictOfTheFrontend() {
        Parsing api = Parsing.of(CHAT);
        List<String> differences = new ArrayList<>();
        int left = 0;
        List<Recorded> recorded = StrictSchemas.recorded();
        for (Recorded one : recorded) {
            ParseResult result = api.parse(one.body("m"));
            switch (result) {
                case Unparsed _ -> left++;
                case Parsed _ -> {
                    if (one.fault() != null) {
                        differences.add(one.schema() + " is taken, the frontend says " + one.fault());
                    }
                }
                case Malformed(var message, var _) -> {
                    if (one.fault() == null || !message.equals(one.message())) {
                        differences.add(one.schema() + ": " + message + ", the frontend says " + one.fault());
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(left).isBetween(1, recorded.size() / 20);
    }

    @Test
    void everyApiChecksThem() throws Exception {
        JsonNode chat = MAPPER.readTree(new Recorded(OPEN, null).body("m"));
        assertThat(Parsing.of(CHAT).refusal(chat.toString())).isEqualTo("Validation: " + OPEN_FAULT);
        assertThat(Parsing.of("/v1/responses").refusal("""
                {"model":"m","input":"x","tools":[{"type":"function","name":"f","strict":true,"parameters":%s},
                 {"type":"function","name":"g"}],
                 "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}}
                """.formatted(OPEN)))
                .isEqualTo("Failed to convert responses request: " + OPEN_FAULT);
        assertThat(Parsing.of("/v1/messages").refusal("""
                {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],
                 "tools":[{"name":"f","strict":true,"input_schema":%s}]}
                """.formatted(OPEN))).isEqualTo(OPEN_FAULT);
    }

    @Test
    void onlyStrictFunctionsAreChecked() {
        String body = new Recorded(OPEN, null).body("m");
        for (String strict : List.of("false", "null")) {
            assertThat(Parsing.of(CHAT).parse(body.replace("\"strict\":true", "\"strict\":" + strict)))
                    .isInstanceOf(Parsed.class);
        }
    }

    /// Somewhere there the frontend refuses them.
    @Test
    void largeSchemasAreLeftToTheFrontend() {
        String nested = "{\"type\":\"string\"}";
        for (int i = 0; i < 12; i++) {
            nested = closed("\"a\"", nested);
        }
        String values = "\"v\",".repeat(251);
        List<String> large = List.of(
                nested,
                closed("\"a\"", "{\"enum\":[" + values.substring(0, values.length() - 1) + "]}"),
                closed("\"" + "p".repeat(70_000) + "\"", "{}"));
        for (String schema : large) {
            assertThat(Parsing.of(CHAT).parse(new Recorded(schema, null).body("m")))
                    .isInstanceOfSatisfying(
                            Unparsed.class, left -> assertThat(left.reason()).isEqualTo(UnparsedReason.UNSUPPORTED));
        }
    }

    private static String closed(String name, String schema) {
        return "{\"type\":\"object\",\"properties\":{%s:%s},\"required\":[%s],\"additionalProperties\":false}"
                .formatted(name, schema, name);
    }
}
