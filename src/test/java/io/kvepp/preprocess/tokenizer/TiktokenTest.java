package io.kvepp.preprocess.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiktokenTest {
    private static final byte[] MODEL = Fixtures.bytes("small.tiktoken");

    @Test
    void givesTheIdsOfTiktoken() throws Exception {
        for (JsonNode golden : Fixtures.MAPPER.readTree(Fixtures.bytes("tiktokens.json"))) {
            Tokenizer tokenizer = load(MODEL, golden.get("config"));
            assertThat(golden.get("texts").size()).isPositive();
            for (int i = 0; i < golden.get("texts").size(); i++) {
                String text = golden.get("texts").get(i).textValue();
                int[] expected = Fixtures.MAPPER.convertValue(golden.get("ids").get(i), int[].class);
                assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
                assertThat(tokenizer.encode(text)).as("again: %s", text).isEqualTo(expected);
            }
        }
    }

    @Test
    void theIdsBehindTheLastRankAreReservedUnlessTheyHaveANameOrOneIsFarther() throws Exception {
        assertThat(load(MODEL, null).vocabularySize()).isEqualTo(957 + 256);
        assertThat(load(MODEL, Fixtures.json("{\"added_tokens_decoder\":{\"4000\":{\"content\":\"<far>\"}}}"))
                        .vocabularySize())
                .isEqualTo(4001);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "!!! 3; null; tiktoken.model:958: not readable (expected: a token in base64 and its rank)",
                "QUJDREU=; null; tiktoken.model:958: not readable",
                "QUJDREU= x; null; tiktoken.model:958: not readable",
                "QUJDREU= -1; null; tiktoken.model:958: -1",
                "AA== 5000; null; tiktoken.model: rank 5000 (expected: each token and each rank once)",
                "QUJDREU= 5; null; tiktoken.model: rank 5 (expected: each token and each rank once)",
                "; {'added_tokens_decoder':{'x':{'content':'a'}}}; added_tokens_decoder: x (expected: ids",
                "; {'added_tokens_decoder':{'1':{'content':'<a>'},'2':{'content':'<a>b'}}}; added_tokens_decoder: <a>"
            })
    void refusesWhatTheFrontendCannotLoadOrLeavesToChance(@Nullable String line, String config, String message) {
        byte[] model = (new String(MODEL, UTF_8) + (line == null ? "" : line + "\n")).getBytes(UTF_8);

        assertThatThrownBy(() -> load(model, Fixtures.json(config.replace('\'', '"'))))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesAFileThatLacksAByte() {
        String all = new String(MODEL, UTF_8);
        byte[] withoutFirst = all.substring(all.indexOf('\n') + 1).getBytes(UTF_8);

        assertThatThrownBy(() -> load(withoutFirst, null))
                .hasMessage("tiktoken.model: no byte 0 (expected: a token for every byte)");
    }

    /// Joining by rank here and in the tokenizer differ when their ranks do.
    @Test
    void aTokenizerThatDoesNotMergeByRankIsRefused() throws Exception {
        Tokenizer tokenizer = load(MODEL, null);
        List<String> few = new String(MODEL, UTF_8).lines().limit(300).toList();
        SelfCheck.ranks(tokenizer, TiktokenFile.parse(MODEL), List.of());

        TiktokenFile other = TiktokenFile.parse(String.join("\n", few).getBytes(UTF_8));
        assertThatThrownBy(() -> SelfCheck.ranks(tokenizer, other, List.of()))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageMatching("self-check: sample \\d+ \\(expected: the ids of merging by rank\\)");
    }

    @ParameterizedTest
    @CsvSource({"llama", "''", ","})
    void refusesModelTypesWhosePatternTheFrontendDoesNotKnow(@Nullable String modelType) {
        assertThatThrownBy(() -> TokenizerLoader.loadTiktoken(MODEL, null, modelType))
                .hasMessageStartingWith("config.json.model_type: " + modelType + " (expected: one of [kimi, ");
    }

    private static Tokenizer load(byte[] model, @Nullable JsonNode config)
            throws IOException, UnsupportedTokenizerException {
        byte[] bytes = config == null || config.isNull() ? null : Fixtures.MAPPER.writeValueAsBytes(config);
        return TokenizerLoader.loadTiktoken(model, bytes, "kimi_k2");
    }
}
