package io.kvepp.app;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.scheduling.SchedulingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                () -> EppConfig.from(flags("discovery-backend", "mem")),
                "discovery-backend: mem (expected: one of etcd, file, kubernetes, none, static)");
        assertRefused(
                () -> EppConfig.from(flags("event-plane", "kafka")), "event-plane: kafka (expected: one of nats, zmq)");
        assertRefused(
                () -> EppConfig.from(flags("log-level", "loud")),
                "log-level: loud (expected: one of error, warn, info, debug, trace)");
        assertRefused(
                () -> EppConfig.from(flags("log-format", "xml")), "log-format: xml (expected: one of text, json)");
    }

    @Test
    void thePresetForLoadAloneBeatsWhatElseIsSet() {
        EppConfig config = EppConfig.from(environment(
                "DYN_ROUTER_LOAD_AWARE", "true",
                "DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT", "2",
                "DYN_ROUTER_PREDICTED_TTL_SECS", "5",
                "DYN_ROUTER_TRACK_PREFILL_TOKENS", "false"));

        assertThat(config.prefixes().useKvEvents()).isFalse();
        assertThat(config.prefixes().predictedTtlSeconds()).isZero();
        assertThat(config.scheduling()).isEqualTo(SchedulingConfig.DEFAULT.loadAware());
    }

    @Test
    void blocksOfAnswersCountOnlyWhereBlocksDo() {
        assertRefused(
                () -> EppConfig.from(environment(
                        "DYN_ROUTER_TRACK_OUTPUT_BLOCKS", "true", "DYN_ROUTER_TRACK_ACTIVE_BLOCKS", "false")),
                "router-track-output-blocks: true (expected: false when router-track-active-blocks is false)");
    }

    @ParameterizedTest
    @CsvSource({
        "file, dynamo, false",
        "kubernetes, dynamo, false",
        "none, dynamo, true",
        "none, '', false",
        "static, '', true",
        "static, dynamo, true"
    })
    void unknownModelsAreRoutedWhereWorkersAreEngines(String backend, String pool, boolean routed) {
        Options unsaid = flags("discovery-backend", backend, "pool", pool, "static-workers", "x");
        Options refusing =
                flags("discovery-backend", backend, "pool", pool, "static-workers", "x", "unknown-models", "refuse");

        assertThat(EppConfig.from(unsaid).router().routesUnknownModels()).isEqualTo(routed);
        assertThat(EppConfig.from(refusing).router().routesUnknownModels()).isFalse();
    }

    @Test
    void theConformanceSuiteSteersPoolsOnly() {
        assertThat(EppConfig.from(flags("conformance-test-mode", "true", "pool", "ns/p"))
                        .conformanceTestMode())
                .isTrue();
        assertThat(EppConfig.from(flags("pool", "ns/p")).conformanceTestMode()).isFalse();
        assertRefused(
                () -> EppConfig.from(flags("conformance-test-mode", "true")),
                "conformance-test-mode: true (expected: false without a pool of pods (pool, endpoint-selector))");
    }

    @Test
    void variablesOfOtherPickersThatChangeNothingAreTold() {
        for (String variable : IgnoredVariables.variables()) {
            Options options = environment(variable, "1");

            assertThat(EppConfig.from(options)).isEqualTo(EppConfig.from(Options.defaults()));
            assertThat(options.ignored()).singleElement().asString().startsWith(variable + ": ignored, ");
        }
        assertThat(IgnoredVariables.variables()).hasSize(15);
    }

    @Test
    void theStartMayWaitForWorkers() {
        assertThat(EppConfig.from(environment("DYN_ROUTER_MIN_INITIAL_WORKERS", "3"))
                        .minInitialWorkers())
                .isEqualTo(3);
        assertRefused(
                () -> EppConfig.from(flags("router-min-initial-workers", "-1")),
                "router-min-initial-workers: -1 (expected: 0 to 4096)");
    }

    @Test
    void variablesOfTheSameMeaningThatDifferAreTold() {
        assertThat(EppConfig.from(environment("DYN_USE_KV_EVENTS", "true", "DYN_ROUTER_USE_KV_EVENTS", "false"))
                        .conflicts())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "DYN_EPP_MODE, standalone, dynamo",
        "DYN_ROUTER_PREFILL_LOAD_MODEL, aic, none",
        "DYN_USE_REMOTE_INDEXER, true, false",
        "DYN_SERVE_INDEXER, 1, false",
        "DYN_SHARED_CACHE_TYPE, hicache, none",
        "DYN_SHARED_CACHE_MULTIPLIER, 0.5, 0",
        "DYN_ROUTER_POSITIONAL_SEARCH_MODE, binary, ''",
        "DYN_ROUTER_APPROXIMATE_CACHE_POLICY, lru, ttl",
        "DYN_ROUTER_TRACKING_HASH, keyed, public-xxh3-v1",
        "DYN_ROUTER_TRACKING_KEY_FILE, /key, ''",
        "DYN_ROUTER_TRACKING_KEY_ID, k1, ''",
        "DYN_ROUTER_REPLICA_SYNC, true, false",
        "DYN_ROUTER_WORKER_SELECTION_POLICY, mine, default",
        "DYN_ROUTER_PREFILL_POLICY, mine, default",
        "DYN_ROUTER_DECODE_POLICY, mine, default",
        "DYN_ROUTER_CONDITIONAL_DISAGG_POLICY, prefill_load, isl_bounding",
        "DYN_ROUTER_CONDITIONAL_DISAGG_PREFILL_BUSY_THRESHOLD, 1000, ''",
        "DYN_ROUTER_CONDITIONAL_DISAGG_DECODE_BUSY_THRESHOLD, 0.9, ''",
        "DYN_ROUTER_CONDITIONAL_DISAGG_CONFIG, {}, ''"
    })
    void whatDynamosRouterCanAndThisProcessCannotIsRefused(String variable, String asked, String harmless) {
        assertThatThrownBy(() -> EppConfig.from(environment(variable, asked)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(variable + ": " + asked + " (expected: ");

        assertThat(EppConfig.from(environment(variable, harmless)).scheduling()).isEqualTo(SchedulingConfig.DEFAULT);
    }

    @Test
    void everyRefusalIsTried() throws NoSuchMethodException {
        CsvSource tried = EppConfigTest.class
                .getDeclaredMethod(
                        "whatDynamosRouterCanAndThisProcessCannotIsRefused", String.class, String.class, String.class)
                .getAnnotation(CsvSource.class);

        assertThat(tried.value())
                .extracting(row -> row.substring(0, row.indexOf(',')))
                .containsExactlyElementsOf(RefusedOptions.variables());
    }
}
