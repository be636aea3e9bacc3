package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult;
import io.kvepp.inference.RoutingHints;
import io.kvepp.inference.RoutingHints.Pins;
import io.kvepp.testing.RequestParsers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NvExtHintsTest {
    @ParameterizedTest
    @ValueSource(strings = {"", ",\"nvext\":null", ",\"nvext\":{}", ",\"nvext\":{\"cache_salt\":\"x\"}"})
    void aRequestThatSaysNothingHintsNothing(String nvext) {
        assertThat(parse(nvext)).isEqualTo(RoutingHints.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[\"query_instance_id:\"]; true",
                "[\"formatted_prompt\",\"query_instance_id:abc\"]; true",
                "[\"query_instance_id\"]; false",
                "[\"query_instance_id_extra:bad\"]; false",
                "[]; false"
            })
    void aQueryIsAnAnnotationWithAColon(String annotations, boolean query) {
        assertThat(parse(",\"nvext\":{\"annotations\":" + annotations + "}").queryOnly())
                .isEqualTo(query);
    }

    @Test
    void everyPinIsReadAsUnsigned() {
        Pins pins = parse(",\"nvext\":{\"backend_instance_id\":18446744073709551615,\"decode_worker_id\":2,"
                        + "\"prefill_worker_id\":9223372036854775808,\"dp_rank\":4294967295,\"prefill_dp_rank\":3}")
                .pins();

        assertThat(pins).isEqualTo(new Pins(-1L, 2L, Long.MIN_VALUE, 4_294_967_295L, 3L));
    }

    @Test
    void constraintsAndExpectedTokensAreRead() {
        RoutingHints hints = parse(",\"nvext\":{\"agent_hints\":{\"osl\":120},\"routing_constraints\":"
                + "{\"required_taints\":[\"a\",\"b\",\"a\"],\"preferred_taints\":{\"c\":0.5,\"d\":-2,\"e\":1e300}}}");

        assertThat(hints.expectedOutputTokens()).isEqualTo(120);
        assertThat(hints.requiredTaints()).isEqualTo(Set.of("a", "b"));
        assertThat(hints.preferredTaints()).isEqualTo(Map.of("c", 0.5f, "d", -2f, "e", Float.MAX_VALUE));
    }

    private static RoutingHints parse(String fields) {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + fields + "}";
        ParseResult result = RequestParsers.all()
                .parse("/v1/chat/completions", "application/json", null, body.getBytes(StandardCharsets.UTF_8));
        assertThat(result).isInstanceOf(ParseResult.Parsed.class);
        return ((ParseResult.Parsed) result).request().hints();
    }
}
