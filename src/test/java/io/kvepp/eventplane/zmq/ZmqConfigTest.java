package io.kvepp.eventplane.zmq;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ZmqConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(ZmqConfig.from(Options.defaults()))
                .isEqualTo(new ZmqConfig(16_384, 8 << 20, Duration.ofMillis(100), SECOND));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "zmq-receive-messages-max", "1",
                "zmq-frame-bytes-max", "2",
                "zmq-reconnect", "3s",
                "zmq-reconnect-max", "4s");

        assertThat(ZmqConfig.from(options))
                .isEqualTo(new ZmqConfig(1, 2, Duration.ofSeconds(3), Duration.ofSeconds(4)));
        assertAllFrom("flag", options);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(() -> new ZmqConfig(0, 1, SECOND, SECOND), "zmq-receive-messages-max: 0 (expected: > 0)");
        assertRefused(() -> new ZmqConfig(1, 0, SECOND, SECOND), "zmq-frame-bytes-max: 0 (expected: > 0)");
        assertRefused(() -> new ZmqConfig(1, 1, Duration.ZERO, SECOND), "zmq-reconnect: 0s (expected: > 0)");
        assertRefused(
                () -> new ZmqConfig(1, 1, SECOND, Duration.ofMillis(999)),
                "zmq-reconnect-max: 999ms (expected: >= zmq-reconnect)");
    }
}
