package io.kvepp.modelfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelFilesConfigTest {
    @Test
    void theDefaults() {
        assertThat(ModelFilesConfig.from(Options.defaults()))
                .isEqualTo(
                        new ModelFilesConfig(Path.of("/var/cache/huggingface/hub"), 128 << 20, Duration.ofSeconds(30)));
    }

    @Test
    void everyOptionIsRead() {
        Options options = new Options(
                Map.of(
                        "model-cache-dir", List.of("/models"),
                        "model-file-bytes-max", List.of("1MiB"),
                        "model-file-timeout", List.of("5s")),
                Map.of());
        assertThat(ModelFilesConfig.from(options))
                .isEqualTo(new ModelFilesConfig(Path.of("/models"), 1 << 20, Duration.ofSeconds(5)));
    }

    @Test
    void theFolderOfTheHubIsTakenFromItsOwnVariables() {
        assertThat(ModelFilesConfig.from(new Options(Map.of(), Map.of("HF_HOME", "/hf")))
                        .cacheDir())
                .isEqualTo(Path.of("/hf/hub"));
        assertThat(ModelFilesConfig.from(new Options(Map.of(), Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "/hub")))
                        .cacheDir())
                .isEqualTo(Path.of("/hub"));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new ModelFilesConfig(Path.of("/"), 0, Duration.ofSeconds(1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("model-file-bytes-max: 0 (expected: between 1 byte and 1GiB)");
        assertThatThrownBy(() -> new ModelFilesConfig(Path.of("/"), 1, Duration.ZERO))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("model-file-timeout: 0s (expected: > 0)");
    }
}
