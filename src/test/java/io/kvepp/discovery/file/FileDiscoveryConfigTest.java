package io.kvepp.discovery.file;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FileDiscoveryConfigTest {
    private static final Path FOLDER = Path.of("/store");
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(FileDiscoveryConfig.from(Options.defaults()))
                .isEqualTo(new FileDiscoveryConfig(
                        Path.of(System.getProperty("java.io.tmpdir"), "dynamo_store_kv"),
                        Duration.ofSeconds(10),
                        Duration.ofMillis(200),
                        1 << 20));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "file-kv", "/store",
                "discovery-ttl", "3s",
                "discovery-poll", "4s",
                "discovery-entry-bytes-max", "5KiB");

        assertThat(FileDiscoveryConfig.from(options))
                .isEqualTo(new FileDiscoveryConfig(FOLDER, Duration.ofSeconds(3), Duration.ofSeconds(4), 5 << 10));
        assertAllFrom("flag", options);
    }

    @Test
    void theFolderIsReadFromDynamosVariable() {
        assertThat(FileDiscoveryConfig.from(environment("DYN_FILE_KV", "/store"))
                        .folder())
                .isEqualTo(FOLDER);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new FileDiscoveryConfig(FOLDER, Duration.ZERO, SECOND, 1), "discovery-ttl: 0s (expected: > 0)");
        assertRefused(
                () -> new FileDiscoveryConfig(FOLDER, SECOND, Duration.ZERO, 1), "discovery-poll: 0s (expected: > 0)");
        assertRefused(
                () -> new FileDiscoveryConfig(FOLDER, SECOND, SECOND, 0),
                "discovery-entry-bytes-max: 0 (expected: 1 to 1GiB)");
        assertRefused(
                () -> FileDiscoveryConfig.from(flags("discovery-entry-bytes-max", "2GiB")),
                "discovery-entry-bytes-max: 2147483648 (expected: 1 to 1GiB)");
    }
}
