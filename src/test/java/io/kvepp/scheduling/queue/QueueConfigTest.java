package io.kvepp.scheduling.queue;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueConfigTest {
    @Test
    void nobodyWaitsByDefault() {
        QueueConfig config = QueueConfig.from(Options.defaults());

        assertThat(config.profiles().queue()).isFalse();
        assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.overlapRefreshAfter()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void everyOptionIsRead() {
        QueueConfig config = QueueConfig.from(flags(
                "router-queue-threshold",
                "16",
                "router-queue-policy",
                "wspt",
                "router-queue-timeout",
                "2s",
                "router-overlap-refresh-after",
                "0s"));

        PolicyProfile single = PolicyProfile.single(QueuePolicy.WSPT, 16.0);
        assertThat(config)
                .isEqualTo(new QueueConfig(new PolicyProfiles(single, Map.of()), Duration.ofSeconds(2), Duration.ZERO));
    }

    @Test
    void dynamosVariablesAreRead() {
        QueueConfig config = QueueConfig.from(environment(
                "DYN_ROUTER_QUEUE_THRESHOLD",
                "0.5",
                "DYN_ROUTER_QUEUE_POLICY",
                "wspt",
                "DYN_ROUTER_OVERLAP_REFRESH_AFTER_SECS",
                "3"));

        assertThat(config.profiles().root()).isEqualTo(PolicyProfile.single(QueuePolicy.WSPT, 0.5));
        assertThat(config.overlapRefreshAfter()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void theFileReplacesThresholdAndPolicy(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("policy.yaml"), """
                default_policy_family: f
                uncached_isl_buckets: [{min_tokens: 0, bucket: all}]
                policy_classes: [{name: only, policy_family: f, cache_bucket: all, quantum: 1}]
                """);

        QueueConfig config = QueueConfig.from(environment("DYN_ROUTER_POLICY_CONFIG", file.toString()));
        assertThat(config.profiles().root().classes().getFirst().name()).isEqualTo("only");
    }

    @Test
    void valuesOutOfRangeAreRefused(@TempDir Path folder) {
        assertRefused(
                () -> QueueConfig.from(flags("router-queue-threshold", "-2")),
                "router-queue-threshold: -2.0 (expected: -1, or a number >= 0)");
        assertRefused(
                () -> QueueConfig.from(flags("router-queue-timeout", "0s")),
                "router-queue-timeout: 0s (expected: more than 0)");
        Path missing = folder.resolve("missing.yaml");
        assertRefused(
                () -> QueueConfig.from(flags("router-policy-config", missing.toString())),
                "router-policy-config: " + missing + " (expected: a readable file)");
    }
}
