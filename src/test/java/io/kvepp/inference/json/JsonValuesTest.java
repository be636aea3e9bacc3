package io.kvepp.inference.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonValuesTest {
    @Test
    void keysKeepTheirOrder() throws Exception {
        assertThat(JsonText.of(JsonValues.parse(" {\"b\" : [1, 2.0, null, true], \"a\":{}} ")))
                .isEqualTo("{\"b\":[1,2.0,null,true],\"a\":{}}");
    }

    @Test
    void theLastOfEqualKeysWinsAndKeepsThePlaceOfTheFirst() throws Exception {
        assertThat(JsonText.of(JsonValues.parse("{\"a\":1,\"b\":2,\"a\":3}"))).isEqualTo("{\"a\":3,\"b\":2}");
    }

    @Test
    void containersNest127Deep() throws Exception {
        assertThat(JsonValues.parse("[".repeat(127) + "]".repeat(127))).isInstanceOf(List.class);
        assertThatThrownBy(() -> JsonValues.parse("[".repeat(128) + "]".repeat(128)))
                .isInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1}x",
                "nul",
                "01",
                "1.",
                "NaN",
                "'a'",
                "1e999",
                "\"\u0001\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\ud83dx\"",
                "// c\n1"
            })
    void whatSerdeRefusesIsRefused(String text) {
        assertThatThrownBy(() -> JsonValues.parse(text)).isInstanceOf(JsonProcessingException.class);
    }

    @Test
    void escapedSurrogatePairsAreOneCharacter() throws Exception {
        assertThat(JsonValues.parse("{\"\\ud83d\\ude00\":\"\\\\ud800\"}")).isEqualTo(Map.of("😀", "\\ud800"));
    }
}
