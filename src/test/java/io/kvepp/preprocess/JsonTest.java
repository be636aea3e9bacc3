package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.json.JsonText;
import io.kvepp.inference.json.JsonValues;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
    @ParameterizedTest
    @CsvSource({
        "a, '{\"d\":4,\"b\":2,\"c\":3}'",
        "c, '{\"a\":1,\"b\":2,\"d\":4}'",
        "d, '{\"a\":1,\"b\":2,\"c\":3}'",
        "x, '{\"a\":1,\"b\":2,\"c\":3,\"d\":4}'"
    })
    void theLastKeyTakesThePlaceOfARemovedOne(String key, String expected) throws Exception {
        Map<String, @Nullable Object> object =
                Objects.requireNonNull(Json.object(JsonValues.parse("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}")));
        Json.swapRemove(object, key);
        assertThat(JsonText.of(object)).isEqualTo(expected);
    }
}
