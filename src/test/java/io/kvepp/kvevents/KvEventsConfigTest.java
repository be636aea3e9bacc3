package io.kvepp.kvevents;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import org.junit.jupiter.api.Test;

class KvEventsConfigTest {
    @Test
    void theDefaults() {
        assertThat(KvEventsConfig.from(Options.defaults())).isEqualTo(new KvEventsConfig(65_536, 128 << 20, 1));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags("kv-event-queue-messages", "1", "kv-event-queue-bytes", "2KiB", "kv-event-lanes", "3");

        assertThat(KvEventsConfig.from(options)).isEqualTo(new KvEventsConfig(1, 2 << 10, 3));
        assertAllFrom("flag", options);
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(() -> new KvEventsConfig(0, 1, 1), "kv-event-queue-messages: 0 (expected: > 0)");
        assertRefused(() -> new KvEventsConfig(1, 0, 1), "kv-event-queue-bytes: 0 (expected: > 0)");
        assertRefused(() -> new KvEventsConfig(1, 1, 0), "kv-event-lanes: 0 (expected: 1 .. 64)");
        assertRefused(() -> new KvEventsConfig(1, 1, 65), "kv-event-lanes: 65 (expected: 1 .. 64)");
    }
}
