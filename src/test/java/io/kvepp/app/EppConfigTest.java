package io.kvepp.app;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import org.junit.jupiter.api.Test;

class EppConfigTest {
    @Test
    void theDefaults() {
        EppConfig config = EppConfig.from(Options.defaults());

        assertThat(config.discoveryBackend()).isEqualTo("file");
        assertThat(config.eventPlane()).isEqualTo("zmq");
        assertThat(config.log()).isEqualTo(new LogConfig("info", "text"));
        assertThat(config.admin().host()).isEqualTo(config.server().host());
    }

    @Test
    void everyOptionOfItsOwnIsRead() {
        EppConfig config = EppConfig.from(flags(
                "host",
                "127.0.0.1",
                "discovery-backend",
                "FILE",
                "event-plane",
                "Zmq",
                "log-level",
                "DEBUG",
                "log-format",
                "json"));

        assertThat(config.discoveryBackend()).isEqualTo("file");
        assertThat(config.eventPlane()).isEqualTo("zmq");
        assertThat(config.log()).isEqualTo(new LogConfig("debug", "json"));
        assertThat(config.admin().host()).isEqualTo("127.0.0.1");
    }

    @Test
    void dynamosVariablesAreRead() {
        Options options = environment("DYN_DISCOVERY_BACKEND", "file", "DYN_EVENT_PLANE", "zmq");
        EppConfig.from(options);

        assertThat(options.entries())
                .filteredOn(entry -> !entry.origin().equals("default"))
                .extracting(entry -> entry.name() + " " + entry.origin())
                .containsExactly("discovery-backend DYN_DISCOVERY_BACKEND", "event-plane DYN_EVENT_PLANE");
    }

    @Test
    void wordsOutsideTheListAreRefused() {
        assertRefused(
                () -> EppConfig.from(flags("discovery-backend", "etcd")),
                "discovery-backend: etcd (expected: one of file)");
        assertRefused(() -> EppConfig.from(flags("event-plane", "nats")), "event-plane: nats (expected: one of zmq)");
        assertRefused(
                () -> EppConfig.from(flags("log-level", "loud")),
                "log-level: loud (expected: one of error, warn, info, debug, trace)");
        assertRefused(
                () -> EppConfig.from(flags("log-format", "xml")), "log-format: xml (expected: one of text, json)");
    }
}
