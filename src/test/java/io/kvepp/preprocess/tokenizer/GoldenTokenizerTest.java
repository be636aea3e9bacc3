package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Our ids against those Hugging Face tokenizers 0.21.4 gave (`golden.py` in the resources).
class GoldenTokenizerTest {
    static Stream<Arguments> variants() throws IOException {
        JsonNode golden = Fixtures.MAPPER.readTree(Fixtures.bytes("golden.json"));
        return StreamSupport.stream(golden.spliterator(), false)
                .map(variant -> Arguments.of(variant.get("variant").textValue(), variant));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("variants")
    void givesTheIdsOfHuggingFaceTokenizers(String name, JsonNode variant) throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        file.setAll((ObjectNode) variant.get("members"));
        Tokenizer tokenizer = Fixtures.load(file);

        assertThat(variant.get("texts").size()).as("texts of %s", name).isPositive();
        for (int i = 0; i < variant.get("texts").size(); i++) {
            String text = variant.get("texts").get(i).textValue();
            int[] expected = Fixtures.MAPPER.convertValue(variant.get("ids").get(i), int[].class);
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
            assertThat(tokenizer.encode(text))
                    .as("again, from the caches: %s", text)
                    .isEqualTo(expected);
        }
    }
}
