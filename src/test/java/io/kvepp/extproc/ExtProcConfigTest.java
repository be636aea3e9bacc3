package io.kvepp.extproc;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExtProcConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(ExtProcConfig.from(Options.defaults()))
                .isEqualTo(new ExtProcConfig(45 << 20, 256 << 20, Duration.ofSeconds(30), Duration.ofSeconds(5), 529));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "body-bytes-max",
                "1GiB",
                "body-bytes-total-max",
                "2GiB",
                "body-idle",
                "2s",
                "pick-deadline",
                "3s",
                "overload-status",
                "503");

        assertThat(ExtProcConfig.from(options))
                .isEqualTo(new ExtProcConfig(1 << 30, 2L << 30, Duration.ofSeconds(2), Duration.ofSeconds(3), 503));
        assertAllFrom("flag", options);
    }

    @Test
    void theFrontendsVariableCountsMebibytes() {
        assertThat(ExtProcConfig.from(environment("DYN_HTTP_BODY_LIMIT_MB", "200"))
                        .bodyBytesMax())
                .isEqualTo(200 << 20);
    }

    @Test
    void theFrontendsOverloadStatusIsTaken() {
        assertThat(ExtProcConfig.from(environment("DYN_HTTP_OVERLOAD_STATUS_CODE", "429"))
                        .overloadStatus())
                .isEqualTo(429);
        assertRefused(
                () -> new ExtProcConfig(1, 1, SECOND, SECOND, 399), "overload-status: 399 (expected: 400 to 599)");
    }

    @Test
    void valuesOutOfRangeAreRefusedAsTheyWereGiven() {
        assertRefused(
                () -> ExtProcConfig.from(flags("body-bytes-max", "1073741825")),
                "body-bytes-max: 1073741825 (expected: 1 to 1GiB)");
        assertRefused(() -> new ExtProcConfig(0, 1, SECOND, SECOND, 529), "body-bytes-max: 0 (expected: 1 to 1GiB)");
        assertRefused(() -> new ExtProcConfig(1, 1, Duration.ZERO, SECOND, 529), "body-idle: 0s (expected: > 0)");
        assertRefused(() -> new ExtProcConfig(1, 1, SECOND, Duration.ZERO, 529), "pick-deadline: 0s (expected: > 0)");
        assertRefused(
                () -> new ExtProcConfig(2, 1, SECOND, SECOND, 529),
                "body-bytes-total-max: 1 (expected: >= body-bytes-max)");
    }

    @Test
    void aBodyLargerThanTheDefaultTotalRaisesIt() {
        assertThat(ExtProcConfig.from(flags("body-bytes-max", "1GiB")).bodyBytesTotalMax())
                .isEqualTo(1L << 30);
    }
}
