package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.inference.BodySplice;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.testing.RequestParsers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodySpliceTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String[] NVEXTS = {
        null,
        "null",
        "{}",
        "{ }",
        "{\"annotations\":[\"é\"]}",
        "{\"token_data\":null}",
        "{ \"token_data\" : null , \"cache_salt\":\"東\"}",
        "{\"cache_salt\":\"x\",\"token_data\":null}"
    };

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"m\",\"prompt\":\"p\"} | {\"nvext\":{\"token_data\":[1,4294967295,0]},\"model\":\"m\",\"prompt\":\"p\"}",
                "{\"model\":\"m\",\"prompt\":\"p\",\"nvext\":null} | {\"model\":\"m\",\"prompt\":\"p\",\"nvext\":{\"token_data\":[1,4294967295,0]}}",
                "{\"model\":\"m\",\"prompt\":\"p\",\"nvext\":{}} | {\"model\":\"m\",\"prompt\":\"p\",\"nvext\":{\"token_data\":[1,4294967295,0]}}",
                "{\"nvext\":{\"dp_rank\":1},\"model\":\"m\",\"prompt\":\"p\"} | {\"nvext\":{\"token_data\":[1,4294967295,0],\"dp_rank\":1},\"model\":\"m\",\"prompt\":\"p\"}",
                "{\"nvext\":{\"token_data\":null},\"model\":\"é\",\"prompt\":\"p\"} | {\"nvext\":{\"token_data\":[1,4294967295,0]},\"model\":\"é\",\"prompt\":\"p\"}"
            })
    void theIdsGoIntoNvextAndNothingElseChanges(String body, String expected) {
        assertThat(spliced(body, new int[] {1, -1, 0})).isEqualTo(expected);
    }

    @Test
    void noIdsMakeAnEmptyList() {
        assertThat(spliced("{\"model\":\"m\",\"prompt\":\"p\"}", new int[0]))
                .isEqualTo("{\"nvext\":{\"token_data\":[]},\"model\":\"m\",\"prompt\":\"p\"}");
    }

    @ParameterizedTest
    @ValueSource(ints = {262_141, 262_142, 999_999, 1_000_000})
    void idsOfUpToSixDigitsAreWrittenLikeAllOthers(int last) {
        int[] ids = IntStream.concat(
                        IntStream.of(0, 9, 10, 99, 100, 999, 1_000, 1_001, 1_010, 9_999, 10_000, 99_999, 100_000),
                        IntStream.concat(new Random(8).ints(5_000, 0, 262_142), IntStream.of(last)))
                .toArray();

        assertThat(spliced("{\"model\":\"m\",\"prompt\":\"p\"}", ids))
                .isEqualTo("{\"nvext\":{\"token_data\":"
                        + Arrays.toString(ids).replace(" ", "")
                        + "},\"model\":\"m\",\"prompt\":\"p\"}");
    }

    @Test
    void idsOfEveryLengthAreWrittenAsUnsignedNumbers() {
        int[] ids = {
            0,
            9,
            10,
            99,
            100,
            101,
            999,
            1000,
            10_000,
            151_643,
            1_000_000,
            10_000_000,
            99_999_999,
            123_456_789,
            999_999_999,
            1_000_000_000,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            -1
        };

        assertThat(spliced("{\"model\":\"m\",\"prompt\":\"p\"}", ids))
                .contains("[0,9,10,99,100,101,999,1000,10000,151643,1000000,10000000,99999999,123456789,"
                        + "999999999,1000000000,2147483647,2147483648,4294967295]");
    }

    @Test
    void anyOrderAndSpacingGivesTheSameJsonWithTheIds() throws Exception {
        Random random = new Random(42);
        for (int i = 0; i < 2_000; i++) {
            String nvext = NVEXTS[random.nextInt(NVEXTS.length)];
            String body = randomBody(random, nvext);
            ObjectNode expected = (ObjectNode) MAPPER.readTree(body);
            ObjectNode expectedNvext =
                    expected.get("nvext") instanceof ObjectNode given ? given : expected.putObject("nvext");
            ArrayNode ids = expectedNvext.putArray("token_data");
            int[] tokenIds = random.ints(random.nextInt(5)).toArray();
            for (int id : tokenIds) {
                ids.add(id & 0xFFFF_FFFFL);
            }
            JsonNode found = MAPPER.readTree(spliced(body, tokenIds));
            assertThat(MAPPER.readTree(found.toString())).as(body).isEqualTo(MAPPER.readTree(expected.toString()));
        }
    }

    private static String randomBody(Random random, String nvext) {
        List<String> fields = new ArrayList<>(List.of(
                "\"model\":\"m\"",
                "\"prompt\":\"é 東京 😀 \\\" \\ud83d\\ude00 {\\\"nvext\\\":null}\"",
                "\"stop\":[\"}\",\"]\"]",
                "\"logit_bias\":{\"1\":-1.5e1}"));
        if (nvext != null) {
            fields.add("\"nvext\" :" + space(random) + nvext);
        }
        Collections.shuffle(fields, random);
        StringBuilder body = new StringBuilder(space(random)).append('{').append(space(random));
        String separator = "";
        for (String field : fields) {
            body.append(separator).append(space(random)).append(field).append(space(random));
            separator = ",";
        }
        return body.append('}').append(space(random)).toString();
    }

    private static String space(Random random) {
        return random.nextBoolean() ? "" : " \n\t\r".repeat(random.nextInt(3));
    }

    private static String spliced(String text, int[] tokenIds) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        ParseResult result = RequestParsers.all().parse("/v1/completions", "application/json", null, body);
        assertThat(result).as(text).isInstanceOf(ParseResult.Parsed.class);
        InferenceRequest request = ((ParseResult.Parsed) result).request();
        var splice = BodySplice.tokenData(Objects.requireNonNull(request.tokenDataTarget()), tokenIds);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(body, 0, splice.offset());
        out.writeBytes(splice.replacement());
        int rest = splice.offset() + splice.length();
        out.write(body, rest, body.length - rest);
        return out.toString(StandardCharsets.UTF_8);
    }
}
