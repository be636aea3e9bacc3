package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.worker.card.Renderer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PreprocessConfigTest {
    @Test
    void theDefaults() {
        assertThat(PreprocessConfig.from(Options.defaults()))
                .isEqualTo(new PreprocessConfig(Duration.ofSeconds(10), false, Renderer.MINIJINJA));
    }

    @Test
    void everyOptionIsRead() {
        Options options = new Options(
                Map.of(
                        "model-load-retry",
                        List.of("1m"),
                        "native-tokenizer",
                        List.of("true"),
                        "renderer",
                        List.of("transformers")),
                Map.of());
        assertThat(PreprocessConfig.from(options))
                .isEqualTo(new PreprocessConfig(Duration.ofMinutes(1), true, Renderer.TRANSFORMERS));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new PreprocessConfig(Duration.ZERO, false, Renderer.MINIJINJA))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("model-load-retry: 0s (expected: > 0)");
    }
}
