package io.kvepp.eventplane.zmq;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZmqConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaults() {
        assertThat(ZmqConfig.from(Options.defaults()))
                .isEqualTo(new ZmqConfig(16_384, 8 << 20, Duration.ofMillis(100), SECOND, ZmqBrokers.NONE));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "zmq-receive-messages-max", "1",
                "zmq-frame-bytes-max", "2",
                "zmq-reconnect", "3s",
                "zmq-reconnect-max", "4s",
                "zmq-broker-url", "xpub=tcp://b:6 ; tcp://[fd00::5]:6,xsub=tcp://10.0.0.9:5;");

        assertThat(ZmqConfig.from(options))
                .isEqualTo(new ZmqConfig(
                        1,
                        2,
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4),
                        new ZmqBrokers(List.of("tcp://10.0.0.9:5"), List.of("tcp://b:6", "tcp://[fd00::5]:6"))));
        assertAllFrom("flag", options);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new ZmqConfig(0, 1, SECOND, SECOND, ZmqBrokers.NONE),
                "zmq-receive-messages-max: 0 (expected: > 0)");
        assertRefused(
                () -> new ZmqConfig(1, 0, SECOND, SECOND, ZmqBrokers.NONE), "zmq-frame-bytes-max: 0 (expected: > 0)");
        assertRefused(
                () -> new ZmqConfig(1, 1, Duration.ZERO, SECOND, ZmqBrokers.NONE), "zmq-reconnect: 0s (expected: > 0)");
        assertRefused(
                () -> new ZmqConfig(1, 1, SECOND, Duration.ofMillis(999), ZmqBrokers.NONE),
                "zmq-reconnect-max: 999ms (expected: >= zmq-reconnect)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp://a:1",
                "xsub=tcp://a:1",
                "xsub=tcp://a:1,xsub=tcp://a:2",
                "xsub=tcp://a:1,xpub=",
                "xsub=tcp://a:1,xpub=tcp://a",
                "xsub=tcp://a:1,xpub=tcp://a:65536",
                "xsub=tcp://a:1,xpub=ipc://a:1",
                "xsub=tcp://a:1,xpub=tcp://a:2,xpub=tcp://a:3",
            })
    void brokersThatCannotBeReadAreRefused(String text) {
        assertRefused(
                () -> ZmqConfig.from(flags("zmq-broker-url", text)),
                "zmq-broker-url: " + text + " (expected: xsub=tcp://HOST:PORT;..., xpub=tcp://HOST:PORT;...)");
    }
}
