package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// One small tokenizer over characters for each construct of tokenizer files, against the ids of
/// Hugging Face tokenizers 0.21.4 (`families.py` in the resources).
class TokenizerFamiliesTest {
    static Stream<Arguments> families() {
        return FamilyFixtures.families().stream()
                .map(family -> Arguments.of(family.get("variant").textValue(), family));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void givesTheIdsOfHuggingFaceTokenizers(String name, JsonNode family) throws Exception {
        Tokenizer tokenizer = Fixtures.load(FamilyFixtures.file(family));

        assertThat(family.get("texts").size()).as("texts of %s", name).isPositive();
        for (int i = 0; i < family.get("texts").size(); i++) {
            String text = family.get("texts").get(i).textValue();
            int[] expected = ids(family.get("ids").get(i));
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
            assertThat(tokenizer.encode(text))
                    .as("again, from the caches: %s", text)
                    .isEqualTo(expected);
        }
        String framed = family.get("texts").get(3).textValue();
        assertThat(tokenizer.encodeFramed(framed)).as("framed").isEqualTo(ids(family.get("framed")));
    }

    private static int[] ids(JsonNode ids) {
        return Fixtures.MAPPER.convertValue(ids, int[].class);
    }
}
