package io.kvepp.router;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixConfigTest {
    @Test
    void theDefaultsAreDynamos() {
        assertThat(PrefixConfig.from(Options.defaults())).isEqualTo(new PrefixConfig(true, 120, 0, 65_536, List.of()));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "use-kv-events", "false",
                "router-ttl-secs", "1.5",
                "router-predicted-ttl-secs", "0",
                "routed-blocks-per-rank-max", "7",
                "index-peers", "http://a:1,http://[::1]:2");

        assertThat(PrefixConfig.from(options))
                .isEqualTo(new PrefixConfig(
                        false, 1.5, 0, 7, List.of(URI.create("http://a:1"), URI.create("http://[::1]:2"))));
        assertAllFrom("flag", options);
    }

    @Test
    void dynamosVariablesAreRead() {
        assertThat(PrefixConfig.from(environment("DYN_USE_KV_EVENTS", "false", "DYN_ROUTER_TTL_SECS", "30")))
                .isEqualTo(new PrefixConfig(false, 30, 0, 65_536, List.of()));
        assertThat(PrefixConfig.from(environment("DYN_ROUTER_PREDICTED_TTL_SECS", "2.5")))
                .isEqualTo(new PrefixConfig(true, 120, 2.5, 65_536, List.of()));
    }

    @Test
    void thePickersNameForKvEventsBeatsTheRoutersAndTheConflictIsTold() {
        Options options = environment("DYN_ROUTER_USE_KV_EVENTS", "false", "DYN_USE_KV_EVENTS", "true");

        assertThat(PrefixConfig.from(options).useKvEvents()).isTrue();
        assertThat(options.conflicts())
                .containsExactly("use-kv-events: DYN_ROUTER_USE_KV_EVENTS says otherwise than DYN_USE_KV_EVENTS,"
                        + " which wins");
    }

    @Test
    void namesThatSayTheSameAreNoConflict() {
        Options options = environment("DYN_ROUTER_USE_KV_EVENTS", "0", "DYN_USE_KV_EVENTS", "false");

        assertThat(PrefixConfig.from(options).useKvEvents()).isFalse();
        assertThat(options.conflicts()).isEmpty();
    }

    @Test
    void thePresetThatLooksAtLoadAloneHearsNoEvents() {
        assertThat(new PrefixConfig(true, 30, 2.5, 7, List.of()).loadAware())
                .isEqualTo(new PrefixConfig(false, 30, 0, 7, List.of()));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new PrefixConfig(true, 0, 0, 1, List.of()),
                "router-ttl-secs: 0.0 (expected: > 0, at most 86400)");
        assertRefused(
                () -> new PrefixConfig(true, 86_401, 0, 1, List.of()),
                "router-ttl-secs: 86401.0 (expected: > 0, at most 86400)");
        assertRefused(
                () -> new PrefixConfig(true, 1, -1, 1, List.of()),
                "router-predicted-ttl-secs: -1.0 (expected: 0 to 86400)");
        assertRefused(
                () -> new PrefixConfig(true, 1, 0, 0, List.of()),
                "routed-blocks-per-rank-max: 0 (expected: 1 to 16777216)");
        assertRefused(
                () -> new PrefixConfig(true, 1, 0, (1 << 24) + 1, List.of()),
                "routed-blocks-per-rank-max: 16777217 (expected: 1 to 16777216)");
    }

    @Test
    void otherReplicasAreAskedOnlyWithoutKvEvents() {
        assertRefused(
                () -> PrefixConfig.from(flags("index-peers", "http://a:1")),
                "index-peers: [http://a:1] (expected: none while use-kv-events is true: the workers themselves are"
                        + " asked)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:1", "http://a", "http://a:1/dump", "https://a:1", "http://a b:1", "file:///x"})
    void aReplicaIsTheUrlOfItsAdminPort(String peer) {
        assertRefused(
                () -> PrefixConfig.from(flags("use-kv-events", "false", "index-peers", peer)),
                "index-peers: " + peer + " (expected: http://host:port)");
    }

    @Test
    void predictionsBesideEventsNeedEvents() {
        assertRefused(
                () -> new PrefixConfig(false, 1, 5, 1, List.of()),
                "router-predicted-ttl-secs: 5.0 (expected: 0 when use-kv-events is false)");
    }
}
