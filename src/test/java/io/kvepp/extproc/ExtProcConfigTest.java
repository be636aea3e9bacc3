package io.kvepp.extproc;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExtProcConfigTest {
    @Test
    void theDefaults() {
        assertThat(ExtProcConfig.from(Options.defaults()))
                .isEqualTo(new ExtProcConfig(
                        45 << 20,
                        256 << 20,
                        Duration.ofSeconds(30),
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(5),
                        529,
                        new HeaderLimits(100, 60 << 10),
                        16_384,
                        Duration.ofHours(1),
                        BodyModes.Mode.FULL_DUPLEX,
                        Duration.ofMillis(50),
                        Duration.ofSeconds(10),
                        true));
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
                "body-deadline",
                "6s",
                "pick-deadline",
                "3s",
                "overload-status",
                "503",
                "headers-max",
                "200",
                "header-bytes-max",
                "8KiB",
                "streams-max",
                "7",
                "stream-age",
                "5m",
                "silent-gateway-body-mode",
                "buffered-partial",
                "streamed-body-wait",
                "10ms",
                "unwatched-hold",
                "4s",
                "disable-endpoint-subset-filter",
                "true");

        assertThat(ExtProcConfig.from(options))
                .isEqualTo(new ExtProcConfig(
                        1 << 30,
                        2L << 30,
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(3),
                        503,
                        new HeaderLimits(200, 8 << 10),
                        7,
                        Duration.ofMinutes(5),
                        BodyModes.Mode.BUFFERED_PARTIAL,
                        Duration.ofMillis(10),
                        Duration.ofSeconds(4),
                        false));
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
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "body-bytes-max | 1073741825 | body-bytes-max: 1073741825 (expected: 1 to 1GiB)",
                "body-bytes-max | 0 | body-bytes-max: 0 (expected: 1 to 1GiB)",
                "body-bytes-total-max | 1 | body-bytes-total-max: 1 (expected: >= body-bytes-max)",
                "body-idle | 0s | body-idle: 0s (expected: > 0)",
                "body-deadline | 0s | body-deadline: 0s (expected: > 0)",
                "pick-deadline | 0s | pick-deadline: 0s (expected: > 0)",
                "overload-status | 399 | overload-status: 399 (expected: 400 to 599)",
                "headers-max | 0 | headers-max: 0 (expected: >= 1)",
                "header-bytes-max | 0 | header-bytes-max: 0 (expected: 1 to 8MiB)",
                "header-bytes-max | 8388609 | header-bytes-max: 8388609 (expected: 1 to 8MiB)",
                "streams-max | 0 | streams-max: 0 (expected: 1 to 1000000)",
                "stream-age | 0s | stream-age: 0s (expected: > 0)",
                "streamed-body-wait | 0s | streamed-body-wait: 0s (expected: > 0)",
                "silent-gateway-body-mode | x | silent-gateway-body-mode: x (expected: one of full-duplex, streamed,"
                        + " buffered, buffered-partial, none)",
            })
    void valuesOutOfRangeAreRefusedAsTheyWereGiven(String option, String value, String message) {
        assertRefused(() -> ExtProcConfig.from(flags(option, value)), message);
    }

    @Test
    void aBodyLargerThanTheDefaultTotalRaisesIt() {
        assertThat(ExtProcConfig.from(flags("body-bytes-max", "1GiB")).bodyBytesTotalMax())
                .isEqualTo(1L << 30);
    }
}
