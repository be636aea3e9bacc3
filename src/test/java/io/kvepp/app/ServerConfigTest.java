package io.kvepp.app;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServerConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(ServerConfig.from(Options.defaults()))
                .isEqualTo(
                        new ServerConfig("0.0.0.0", 9002, 9003, Duration.ofSeconds(5), Duration.ofSeconds(30), false));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "host", "127.0.0.1",
                "port", "1",
                "health-port", "2",
                "drain-propagation", "3s",
                "drain-timeout", "4s",
                "exit-when-ready", "true");

        assertThat(ServerConfig.from(options))
                .isEqualTo(new ServerConfig("127.0.0.1", 1, 2, Duration.ofSeconds(3), Duration.ofSeconds(4), true));
        assertAllFrom("flag", options);
    }

    @Test
    void dynamosShutdownVariableCountsSeconds() {
        assertThat(ServerConfig.from(environment("DYN_EPP_GRACEFUL_SHUTDOWN_PROPAGATION_SECS", "7"))
                        .drainPropagation())
                .isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(() -> server(-1, 0, SECOND, SECOND), "port: -1 (expected: 0 to 65535)");
        assertRefused(() -> server(65_536, 0, SECOND, SECOND), "port: 65536 (expected: 0 to 65535)");
        assertRefused(() -> server(0, -1, SECOND, SECOND), "health-port: -1 (expected: 0 to 65535)");
        assertRefused(() -> server(0, 65_536, SECOND, SECOND), "health-port: 65536 (expected: 0 to 65535)");
        assertRefused(() -> server(0, 0, SECOND.negated(), SECOND), "drain-propagation: -1s (expected: >= 0)");
        assertRefused(() -> server(0, 0, SECOND, SECOND.negated()), "drain-timeout: -1s (expected: >= 0)");
    }

    private static ServerConfig server(int port, int healthPort, Duration propagation, Duration timeout) {
        return new ServerConfig("0.0.0.0", port, healthPort, propagation, timeout, false);
    }
}
