package io.kvepp.router;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.util.List;
import java.util.regex.Pattern;

/// How a decision is made and where requests go.
///
/// - `frontendEndpoints`: `ip:port` of the frontends, at least one
/// - `injectTokenData`: give the frontend the token ids, so that it need not tokenize again
/// - `usesClientTokenData`: a client may bring its own token ids; otherwise such a request is refused
/// - `refusesLongPrompts`: a prompt longer than the model's context is answered with 400; otherwise
///   it is routed by load
/// - `unknownModels`: refused too while nobody has said whether workers are engines
/// - `clientPins`: what becomes of workers that a client names
/// - `fallbackEndpoints`: further frontends named beside the chosen one
/// - `explainPicks`: every decision comes with its explanation
/// - `emitEndpointScores`: every decision comes with how the endpoints compared
/// - `inlineBytesMax`: larger bodies are handed to the pick threads, so that they hold no event
///   loop
///
/// Immutable.
public record RouterConfig(
        List<String> frontendEndpoints,
        boolean injectTokenData,
        boolean usesClientTokenData,
        boolean refusesLongPrompts,
        UnknownModels unknownModels,
        int inlineBytesMax,
        int pickThreads,
        int pickQueueMax,
        int pickHistoryMax,
        PinPolicy clientPins,
        int fallbackEndpoints,
        boolean explainPicks,
        boolean emitEndpointScores) {
    private static final String USE = "use";
    private static final String REFUSE = "refuse";
    private static final String ROUTE = "route";
    private static final long INLINE_BYTES_MAX_DEFAULT = 32 << 10;
    private static final long INLINE_BYTES_MAX_CEILING = 1L << 30;
    private static final String INLINE_BYTES_MAX_EXPECTED = "0 to 1GiB";
    private static final int FALLBACK_ENDPOINTS_MAX = 7;
    private static final Pattern ENDPOINT =
            Pattern.compile("(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]+\\]):([0-9]{1,5})");

    public RouterConfig {
        frontendEndpoints = List.copyOf(frontendEndpoints);
        check(!frontendEndpoints.isEmpty(), "frontend-endpoint", "none", "at least one ip:port");
        frontendEndpoints.forEach(RouterConfig::checkEndpoint);
        check(inlineBytesMax >= 0, "pick-inline-bytes-max", inlineBytesMax, INLINE_BYTES_MAX_EXPECTED);
        check(pickThreads >= 1 && pickThreads <= 256, "pick-threads", pickThreads, "1 to 256");
        check(pickQueueMax >= 1, "pick-queue-max", pickQueueMax, ">= 1");
        check(
                fallbackEndpoints >= 0 && fallbackEndpoints <= FALLBACK_ENDPOINTS_MAX,
                "fallback-endpoints",
                fallbackEndpoints,
                "0 to " + FALLBACK_ENDPOINTS_MAX);
        check(pickHistoryMax >= 0 && pickHistoryMax <= 100_000, "pick-history", pickHistoryMax, "0 to 100000");
    }

    public static RouterConfig from(Options options) {
        List<String> frontends = options.option("frontend-endpoint", "ip:port of a Dynamo frontend in Direct mode")
                .strings("127.0.0.1:8000");
        return new RouterConfig(
                frontends,
                options.option("inject-token-data", "give the frontend the token ids (nvext.token_data)")
                        .flag(true),
                options.option("client-token-data", "token ids a client brings (nvext.token_data)")
                        .choice(USE, USE, REFUSE)
                        .equals(USE),
                options.option("long-prompts", "prompts longer than the model's context: 400, or routed by load")
                        .choice(REFUSE, REFUSE, ROUTE)
                        .equals(REFUSE),
                UnknownModels.of(options.option(
                                "unknown-models",
                                "models that no worker serves: 404 or 503, or routed to any endpoint; auto: routed to engines without Dynamo")
                        .choice(UnknownModels.AUTO.word(), UnknownModels.words())),
                inlineBytesMax(options),
                options.option(
                                "pick-threads",
                                "threads that read larger bodies; those of 1 MiB and more have half as many more")
                        .integer(2),
                options.option("pick-queue-max", "larger bodies that may wait for a thread; more get 503")
                        .integer(1024),
                options.option("pick-history", "recent picks kept for /picks").integer(1024),
                PinPolicy.of(options.option("client-pins", "workers that a client itself names in headers or nvext")
                        .choice(PinPolicy.DROP.word(), PinPolicy.words())),
                options.option("fallback-endpoints", "further frontends named after the chosen one, for the gateway")
                        .integer(0),
                options.option("explain-picks", "tell gateway and client why: dynamic metadata and response header")
                        .flag(false),
                options.option(
                                "emit-endpoint-scores",
                                "tell the gateway how endpoints compare: dynamic metadata envoy.lb, x-gateway-destination-endpoint-scores")
                        .flag(false));
    }

    /// The same where requests go to engines without Dynamo.
    public RouterConfig forEngines() {
        return unknownModels != UnknownModels.AUTO
                ? this
                : new RouterConfig(
                        frontendEndpoints,
                        injectTokenData,
                        usesClientTokenData,
                        refusesLongPrompts,
                        UnknownModels.ROUTE,
                        inlineBytesMax,
                        pickThreads,
                        pickQueueMax,
                        pickHistoryMax,
                        clientPins,
                        fallbackEndpoints,
                        explainPicks,
                        emitEndpointScores);
    }

    /// Whether requests for models that no worker serves go to any endpoint.
    public boolean routesUnknownModels() {
        return unknownModels == UnknownModels.ROUTE;
    }

    private static int inlineBytesMax(Options options) {
        long bytes = options.option("pick-inline-bytes-max", "bodies up to this size are read on the event loop")
                .bytes(INLINE_BYTES_MAX_DEFAULT);
        check(bytes <= INLINE_BYTES_MAX_CEILING, "pick-inline-bytes-max", bytes, INLINE_BYTES_MAX_EXPECTED);
        return (int) bytes;
    }

    private static void checkEndpoint(String endpoint) {
        var matcher = ENDPOINT.matcher(endpoint);
        boolean valid = matcher.matches() && Integer.parseInt(matcher.group(1)) <= 65_535;
        check(valid, "frontend-endpoint", endpoint, "ip:port, IPv6 in brackets");
    }
}
