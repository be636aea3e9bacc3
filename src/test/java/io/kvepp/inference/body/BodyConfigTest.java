package io.kvepp.inference.body;

import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyConfigTest {
    @Test
    void theDefaultsAreThoseOfTheFrontend() {
        assertThat(BodyConfig.from(Options.defaults())).isEqualTo(new BodyConfig(false, true));
    }

    @Test
    void everyOptionIsRead() {
        assertThat(BodyConfig.from(flags("ignore-unknown-fields", "true", "strip-anthropic-preamble", "false")))
                .isEqualTo(new BodyConfig(true, false));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "TRUE, true", "on, true", "yes, true", "0, false", "off, false", "maybe, false"})
    void dynamosVariablesAreOnForAFewWords(String word, boolean on) {
        Options options = new Options(
                Map.of(),
                Map.of("DYN_IGNORE_OPENAI_FE_UNSUPPORTED_FIELDS", word, "DYN_STRIP_ANTHROPIC_PREAMBLE", word));
        assertThat(BodyConfig.from(options)).isEqualTo(new BodyConfig(on, on));
    }
}
