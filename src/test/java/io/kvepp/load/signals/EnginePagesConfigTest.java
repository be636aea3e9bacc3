package io.kvepp.load.signals;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EnginePagesConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(EnginePagesConfig.from(Options.defaults()))
                .isEqualTo(
                        new EnginePagesConfig(Duration.ofMillis(500), Duration.ofSeconds(15), Duration.ofSeconds(2)));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "engine-metrics-interval", "0s",
                "engine-metrics-interval-max", "3s",
                "engine-metrics-timeout", "4s");

        assertThat(EnginePagesConfig.from(options))
                .isEqualTo(new EnginePagesConfig(Duration.ZERO, Duration.ofSeconds(3), Duration.ofSeconds(4)));
        assertAllFrom("flag", options);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new EnginePagesConfig(Duration.ofMillis(9), SECOND, SECOND),
                "engine-metrics-interval: 9ms (expected: 0s, or >= 10ms)");
        assertRefused(
                () -> new EnginePagesConfig(SECOND, Duration.ofMillis(999), SECOND),
                "engine-metrics-interval-max: 999ms (expected: > 0, and >= engine-metrics-interval)");
        assertRefused(
                () -> new EnginePagesConfig(SECOND, SECOND, Duration.ZERO),
                "engine-metrics-timeout: 0s (expected: > 0)");
    }
}
