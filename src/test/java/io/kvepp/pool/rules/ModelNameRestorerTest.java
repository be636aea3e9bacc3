package io.kvepp.pool.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Responses of the model `org/large-v2`, for clients that asked for `large`. `~` is a line break.
class ModelNameRestorerTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {"id":"1","model":"org/large-v2","choices":[]}       | {"id":"1","model":"large","choices":[]}
            { "model" : "org/large-v2" }                         | { "model" : "large" }
            {~  "object": "x",~~  "model":~"org/large-v2"~}      | {~  "object": "x",~~  "model":~"large"~}
            {"a":{"b":[{}]},"model":"org/large-v2"}              | {"a":{"b":[{}]},"model":"large"}
            data: {"model":"org/large-v2"}~~data: {"model":"org/large-v2"}~~data: [DONE]~~ | data: {"model":"large"}~~data: {"model":"large"}~~data: [DONE]~~
            event: message_start~data: {"type":"message_start","message":{"id":"m","model":"org/large-v2"}}~~ | event: message_start~data: {"type":"message_start","message":{"id":"m","model":"large"}}~~
            data: {"response":{"model":"org/large-v2"}}~~        | data: {"response":{"model":"large"}}~~
            : {not closed~~data: {"model":"org/large-v2"}~~      | : {not closed~~data: {"model":"large"}~~
            {"x":"\\"","model":"org/large-v2"}                   | {"x":"\\"","model":"large"}
            """)
    void theNameIsRestoredHoweverThePartsAreCut(String body, String expected) {
        String text = body.replace('~', '\n');
        for (int seed = 0; seed < 50; seed++) {
            assertThat(restored(text, seed)).isEqualTo(expected.replace('~', '\n'));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"other\"}",
                "{\"model\":\"org/large-v2x\"}",
                "{\"model\":\"org/large\"}",
                "{\"model\":\"org/large-v2",
                "{\"choices\":[{\"message\":{\"model\":\"org/large-v2\"}}]}",
                "{\"message\":{\"content\":{\"model\":\"org/large-v2\"}}}",
                "{\"other\":{\"model\":\"org/large-v2\"}}",
                "{\"text\":\"{\\\"model\\\":\\\"org/large-v2\\\"}\"}",
                "{\"model\":[\"org/large-v2\"]}",
                "{\"org/large-v2\":\"model\"}",
                "{\"models\":\"org/large-v2\"}",
                "[\"model\",\"org/large-v2\"]",
                "\"model\":\"org/large-v2\"",
                "model: \"org/large-v2\"",
                "}}}]]]\"\"::,,",
                "",
            })
    void everythingElsePasses(String body) {
        for (int seed = 0; seed < 20; seed++) {
            assertThat(restored(body, seed)).isEqualTo(body);
        }
    }

    /// Whatever the bytes, as many come out as went in, in the same order, when the name is not among
    /// them.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomTextPasses(long seed) {
        Random random = new Random(seed);
        String alphabet = "{}[]:,\"\\ \nmodelrgave/-2";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        String body = text.toString().replace("org/large-v2", "");

        assertThat(restored(body, seed)).isEqualTo(body);
    }

    private static String restored(String body, long seed) {
        Random random = new Random(seed);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ModelNameRestorer restorer = new ModelNameRestorer("org/large-v2", "large");
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int end = Math.min(bytes.length, at + random.nextInt(1, 12));
            out.append(text(restorer.edit(ByteBuffer.wrap(bytes, at, end - at), false)));
            at = end;
        }
        return out.append(text(restorer.edit(ByteBuffer.allocate(0), true))).toString();
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
