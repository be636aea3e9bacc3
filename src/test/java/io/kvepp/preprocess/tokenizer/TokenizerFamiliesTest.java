package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// One small tokenizer over characters for each construct of tokenizer files, against the ids of
/// Hugging Face tokenizers 0.21.4 (`families.py` in the resources).
class TokenizerFamiliesTest {
    static Stream<Arguments> families() throws IOException {
        JsonNode families = Fixtures.MAPPER.readTree(Fixtures.bytes("families.json"));
        return StreamSupport.stream(families.spliterator(), false)
                .map(family -> Arguments.of(family.get("variant").textValue(), family));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void givesTheIdsOfHuggingFaceTokenizers(String name, JsonNode family) throws Exception {
        Tokenizer tokenizer = Fixtures.load(file(family));

        assertThat(family.get("texts").size()).as("texts of %s", name).isPositive();
        for (int i = 0; i < family.get("texts").size(); i++) {
            String text = family.get("texts").get(i).textValue();
            int[] expected = ids(family.get("ids").get(i));
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
            assertThat(tokenizer.encode(text))
                    .as("again, from the caches: %s", text)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void framesTextAsThePostProcessorDoes(String name, JsonNode family) throws Exception {
        String text = family.get("texts").get(3).textValue();

        assertThat(Fixtures.load(file(family)).encodeFramed(text)).as(name).isEqualTo(ids(family.get("framed")));
    }

    /// The base file with the members of the variant, those of its model one by one.
    private static ObjectNode file(JsonNode family) throws IOException {
        ObjectNode file = (ObjectNode) Fixtures.MAPPER.readTree(Fixtures.bytes("characters.json"));
        for (Map.Entry<String, JsonNode> member : family.get("members").properties()) {
            if (member.getKey().equals("model")) {
                ((ObjectNode) file.get("model")).setAll((ObjectNode) member.getValue());
            } else {
                file.set(member.getKey(), member.getValue());
            }
        }
        return file;
    }

    private static int[] ids(JsonNode ids) {
        return Fixtures.MAPPER.convertValue(ids, int[].class);
    }
}
