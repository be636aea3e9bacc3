package io.kvepp.inference.body;

import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.Options;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyConfigTest {
    @Test
    void theDefaultsAreThoseOfTheFrontend() {
        assertThat(BodyConfig.from(Options.defaults())).isEqualTo(new BodyConfig(false, true, false, true));
    }

    @Test
    void everyOptionIsRead() {
        assertThat(BodyConfig.from(flags(
                        "ignore-unknown-fields",
                        "true",
                        "strip-anthropic-preamble",
                        "false",
                        "ignore-nvext",
                        "true",
                        "embedding-special-tokens",
                        "false")))
                .isEqualTo(new BodyConfig(true, false, true, false));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "TRUE, true", "on, true", "yes, true", "0, false", "off, false", "maybe, false"})
    void dynamosVariablesAreOnForAFewWords(String word, boolean on) {
        Options options = new Options(
                Map.of(),
                Map.of(
                        "DYN_IGNORE_OPENAI_FE_UNSUPPORTED_FIELDS",
                        word,
                        "DYN_STRIP_ANTHROPIC_PREAMBLE",
                        word,
                        "DYN_DISABLE_FRONTEND_NVEXT",
                        word));
        assertThat(BodyConfig.from(options)).isEqualTo(new BodyConfig(on, on, on, true));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "Yes, true", "0, false", "FALSE, false"})
    void specialTokensOfEmbeddingsAreSwitchedByKnownWords(String word, boolean on) {
        assertThat(BodyConfig.from(ofEmbeddings(word)).framesEmbeddings()).isEqualTo(on);
    }

    /// A frontend with such a word serves no embeddings.
    @Test
    void anotherWordForSpecialTokensOfEmbeddingsIsRefused() {
        assertThatThrownBy(() -> BodyConfig.from(ofEmbeddings("maybe"))).hasMessageContaining("maybe");
    }

    private static Options ofEmbeddings(String word) {
        return new Options(Map.of(), Map.of("DYN_EMBEDDING_TOKENIZATION_ADD_SPECIAL_TOKENS", word));
    }
}
