package io.kvepp.router;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouterConfigTest {
    private static final List<String> FRONTEND = List.of("127.0.0.1:8000");

    @Test
    void theDefaults() {
        assertThat(RouterConfig.from(Options.defaults()))
                .isEqualTo(new RouterConfig(
                        FRONTEND,
                        true,
                        true,
                        true,
                        UnknownModels.AUTO,
                        32 << 10,
                        2,
                        1024,
                        1024,
                        PinPolicy.DROP,
                        0,
                        false,
                        false));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "frontend-endpoint", "10.0.0.1:80,[::1]:81",
                "inject-token-data", "false",
                "client-token-data", "refuse",
                "long-prompts", "route",
                "unknown-models", "route",
                "pick-inline-bytes-max", "1KiB",
                "pick-threads", "3",
                "pick-queue-max", "4",
                "pick-history", "5",
                "client-pins", "honour",
                "fallback-endpoints", "2",
                "explain-picks", "true",
                "emit-endpoint-scores", "true");

        assertThat(RouterConfig.from(options))
                .isEqualTo(new RouterConfig(
                        List.of("10.0.0.1:80", "[::1]:81"),
                        false,
                        false,
                        false,
                        UnknownModels.ROUTE,
                        1024,
                        3,
                        4,
                        5,
                        PinPolicy.HONOUR,
                        2,
                        true,
                        true));
        assertAllFrom("flag", options);
    }

    @ParameterizedTest
    @CsvSource({"auto, true", "refuse, false", "route, true"})
    void enginesAreSentUnknownModelsUnlessItIsSaidOtherwise(String word, boolean routed) {
        RouterConfig config = RouterConfig.from(flags("unknown-models", word));

        assertThat(config.forEngines().routesUnknownModels()).isEqualTo(routed);
        assertThat(config.routesUnknownModels()).isEqualTo(word.equals("route"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"frontend:8000", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "::1:80", "[::1]", "10.0.0:1"})
    void anEndpointIsAnAddressAndAPort(String endpoint) {
        assertRefused(
                () -> new RouterConfig(
                        List.of("10.0.0.1:80", endpoint),
                        true,
                        true,
                        true,
                        UnknownModels.REFUSE,
                        0,
                        1,
                        1,
                        0,
                        PinPolicy.DROP,
                        0,
                        false,
                        false),
                "frontend-endpoint: " + endpoint + " (expected: ip:port, IPv6 in brackets)");
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new RouterConfig(
                        List.of(), true, true, true, UnknownModels.REFUSE, 0, 1, 1, 0, PinPolicy.DROP, 0, false, false),
                "frontend-endpoint: none (expected: at least one ip:port)");
        assertRefused(
                () -> RouterConfig.from(flags("frontend-endpoint", ",")),
                "frontend-endpoint: none (expected: at least one ip:port)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND, true, true, true, UnknownModels.REFUSE, -1, 1, 1, 0, PinPolicy.DROP, 0, false, false),
                "pick-inline-bytes-max: -1 (expected: 0 to 1GiB)");
        assertRefused(
                () -> RouterConfig.from(flags("pick-inline-bytes-max", "1073741825")),
                "pick-inline-bytes-max: 1073741825 (expected: 0 to 1GiB)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND, true, true, true, UnknownModels.REFUSE, 0, 0, 1, 0, PinPolicy.DROP, 0, false, false),
                "pick-threads: 0 (expected: 1 to 256)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND,
                        true,
                        true,
                        true,
                        UnknownModels.REFUSE,
                        0,
                        257,
                        1,
                        0,
                        PinPolicy.DROP,
                        0,
                        false,
                        false),
                "pick-threads: 257 (expected: 1 to 256)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND, true, true, true, UnknownModels.REFUSE, 0, 1, 0, 0, PinPolicy.DROP, 0, false, false),
                "pick-queue-max: 0 (expected: >= 1)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND, true, true, true, UnknownModels.REFUSE, 0, 1, 1, -1, PinPolicy.DROP, 0, false, false),
                "pick-history: -1 (expected: 0 to 100000)");
        assertRefused(
                () -> new RouterConfig(
                        FRONTEND,
                        true,
                        true,
                        true,
                        UnknownModels.REFUSE,
                        0,
                        1,
                        1,
                        100_001,
                        PinPolicy.DROP,
                        0,
                        false,
                        false),
                "pick-history: 100001 (expected: 0 to 100000)");
    }

    @Test
    void moreFallbacksThanAGatewayTriesAreRefused() {
        assertRefused(
                () -> RouterConfig.from(flags("fallback-endpoints", "8")), "fallback-endpoints: 8 (expected: 0 to 7)");
    }
}
