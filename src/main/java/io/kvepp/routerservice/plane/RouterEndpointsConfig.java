package io.kvepp.routerservice.plane;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.worker.card.EndpointId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What the standalone router serves, and for whom.
///
/// - `workers`: the endpoint whose workers are chosen among; null: nothing is served
/// - `namespace`: in which the router's endpoints are announced; empty: that of the workers
/// - `prefill`: it is announced as `prefill_router`
/// - `blockSizeTokens`: of the workers; 0: as their cards say
/// - `announceModels`: frontends may send requests for the workers' models to `generate`
/// - `migrationsMax`: how often a request whose worker broke off is given to another
/// - `silenceMax`: how long a worker may send nothing
/// - `bypass`: which requests do without a prefill worker although there is one
///
/// Immutable.
public record RouterEndpointsConfig(
        @Nullable EndpointId workers,
        String namespace,
        boolean prefill,
        int blockSizeTokens,
        boolean announceModels,
        int migrationsMax,
        Duration silenceMax,
        PrefillBypass bypass) {
    private static final int BLOCK_SIZE_TOKENS_MAX = 65_536;
    private static final int MIGRATIONS_MAX = 100;
    private static final Duration SILENCE_MAX_DEFAULT = Duration.ofMinutes(5);
    private static final String ENDPOINT_FORM = "namespace.component.endpoint";

    public RouterEndpointsConfig {
        check(
                blockSizeTokens >= 0 && blockSizeTokens <= BLOCK_SIZE_TOKENS_MAX,
                "router-block-size",
                blockSizeTokens,
                "0 to " + BLOCK_SIZE_TOKENS_MAX);
        check(
                migrationsMax >= 0 && migrationsMax <= MIGRATIONS_MAX,
                "migration-limit",
                migrationsMax,
                "0 to " + MIGRATIONS_MAX);
        check(silenceMax.isPositive(), "worker-silence-max", silenceMax, "> 0");
    }

    public static RouterEndpointsConfig from(Options options) {
        return new RouterEndpointsConfig(
                endpoint(options.option(
                                "endpoint", "serve as router for the workers of this namespace.component.endpoint")
                        .env("DYN_ROUTER_ENDPOINT")
                        .optionalString()),
                options.option("router-namespace", "namespace of the router's own endpoints; empty: the workers'")
                        .env("DYN_NAMESPACE")
                        .string(""),
                options.option("prefill-router", "announce them under prefill_router instead of router")
                        .flag(false),
                options.option(
                                "router-block-size",
                                "tokens of a block; what the workers say counts, and a warning tells if it is not this")
                        .env("DYN_ROUTER_BLOCK_SIZE")
                        .integer(0),
                options.option("announce-models", "let frontends send requests for the workers' models to generate")
                        .flag(false),
                options.option("migration-limit", "how often a request whose worker broke off is given to another")
                        .env("DYN_MIGRATION_LIMIT")
                        .integer(0),
                options.option("worker-silence-max", "a worker that sends nothing of an answer for so long has failed")
                        .duration(SILENCE_MAX_DEFAULT),
                PrefillBypass.from(options));
    }

    /// The component that the router's endpoints belong to, and what meters call the service.
    public String service() {
        return prefill ? "prefill_router" : "router";
    }

    /// Where the router answers for the workers; null when nothing is served.
    public @Nullable EndpointId generate() {
        return workers == null ? null : endpoint(workers, "generate");
    }

    /// One of the router's own endpoints.
    EndpointId endpoint(EndpointId workerEndpoint, String name) {
        return new EndpointId(namespace.isEmpty() ? workerEndpoint.namespace() : namespace, service(), name);
    }

    private static @Nullable EndpointId endpoint(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        String[] parts = text.replaceFirst("^dyn://", "").split("[./]", 3);
        if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty() || parts[2].isEmpty()) {
            throw ConfigurationException.of("endpoint", text, ENDPOINT_FORM);
        }
        return new EndpointId(parts[0], parts[1], parts[2].replace('.', '_').replace('/', '_'));
    }
}
