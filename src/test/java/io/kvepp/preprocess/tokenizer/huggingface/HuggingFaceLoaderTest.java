package io.kvepp.preprocess.tokenizer.huggingface;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class HuggingFaceLoaderTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Stream<Arguments> models() throws IOException {
        return StreamSupport.stream(golden().spliterator(), false)
                .map(model ->
                        Arguments.of(model.get("file").get("model").get("type").textValue(), model));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void givesTheIdsOfTheFrontendsVersionWithoutTruncationAndPadding(String type, JsonNode model) throws Exception {
        Tokenizer tokenizer = HuggingFaceLoader.load(MAPPER.writeValueAsBytes(model.get("file")), null);

        int largest = 0;
        for (int i = 0; i < model.get("texts").size(); i++) {
            String text = model.get("texts").get(i).textValue();
            int[] expected = MAPPER.convertValue(model.get("ids").get(i), int[].class);
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
            assertThat(tokenizer.encodeFramed(text))
                    .as("framed: %s", text)
                    .isEqualTo(MAPPER.convertValue(model.get("framed").get(i), int[].class));
            for (int id : expected) {
                largest = Math.max(largest, id);
            }
        }
        assertThat(tokenizer.vocabularySize()).as(type).isGreaterThan(largest);
    }

    @Test
    void specialTokensOfTheConfigurationAreAdded() throws Exception {
        byte[] config = """
                {"added_tokens_decoder": {
                  "7": {"content": "<|more|>", "special": true, "rstrip": true},
                  "8": {"content": "<|plain|>", "special": false}}}
                """.getBytes(UTF_8);
        Tokenizer plain = HuggingFaceLoader.load(wordPiece(), null);
        Tokenizer tokenizer = HuggingFaceLoader.load(wordPiece(), config);

        assertThat(tokenizer.vocabularySize()).isEqualTo(plain.vocabularySize() + 1);
        assertThat(tokenizer.encode("<|more|>  ")).containsExactly(plain.vocabularySize());
        assertThat(tokenizer.encode("<|plain|>")).isEqualTo(plain.encode("<|plain|>"));
    }

    @Test
    void aLoneSurrogateIsAReplacementCharacterAndNullIsText() throws Exception {
        Tokenizer tokenizer = HuggingFaceLoader.load(wordPiece(), null);

        assertThat(tokenizer.encode("the \uD83D fox")).isEqualTo(tokenizer.encode("the \uFFFD fox"));
        assertThat(tokenizer.encode("\uD83D\uDE00")).hasSize(1);
        assertThat(tokenizer.encode("the\0fox")).isEqualTo(tokenizer.encode("thefox"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{; tokenizer.json: not readable (expected: JSON)",
                "[]; tokenizer.json: no object (expected: an object)",
                "{}; tokenizer.json: not readable (expected: a file of Hugging Face tokenizers)",
            })
    void refusesWhatIsNoTokenizerFile(String json, String message) {
        assertThatThrownBy(() -> HuggingFaceLoader.load(json.getBytes(UTF_8), null))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void refusesTokensOfWhichTheNormalizerMayLeaveNothing() throws Exception {
        for (String content : List.of("\u0301", "  ")) {
            ObjectNode file = (ObjectNode) MAPPER.readTree(wordPiece());
            file.withArrayProperty("added_tokens")
                    .addObject()
                    .put("id", 900)
                    .put("content", content)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", true)
                    .put("special", false);
            assertThatThrownBy(() -> HuggingFaceLoader.load(MAPPER.writeValueAsBytes(file), null))
                    .isInstanceOf(UnsupportedTokenizerException.class)
                    .hasMessageContaining("expected: not normalized");
        }
    }

    private static byte[] wordPiece() throws IOException {
        return MAPPER.writeValueAsBytes(golden().get(1).get("file"));
    }

    private static JsonNode golden() throws IOException {
        String name = "/io/kvepp/preprocess/tokenizer/natives.json";
        try (InputStream in = Objects.requireNonNull(HuggingFaceLoaderTest.class.getResourceAsStream(name), name)) {
            return MAPPER.readTree(in);
        }
    }
}
