package io.kvepp.router;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;

/// From what the router knows who holds which prefix. Names and defaults are those of Dynamo's KV
/// router.
///
/// - `useKvEvents`: from KV events of the workers; otherwise from its own decisions alone
/// - `ttlSeconds`: how long a decision counts without KV events
/// - `predictedTtlSeconds`: how long a decision counts beside KV events; 0: it does not
/// - `routedBlocksPerRankMax`: blocks of decisions that are remembered of one rank
/// - `indexPeers`: admin ports of other replicas, whose decisions are taken over at the start
///
/// Immutable.
public record PrefixConfig(
        boolean useKvEvents,
        double ttlSeconds,
        double predictedTtlSeconds,
        int routedBlocksPerRankMax,
        List<URI> indexPeers) {
    private static final Pattern PEER = Pattern.compile("http://(?:[A-Za-z0-9.-]+|\\[[0-9a-fA-F:.]+]):[0-9]{1,5}");
    private static final double TTL_SECONDS_MAX = 86_400;
    private static final int ROUTED_BLOCKS_PER_RANK_MAX_DEFAULT = 65_536;
    private static final int ROUTED_BLOCKS_PER_RANK_MAX_CEILING = 1 << 24;

    public PrefixConfig {
        check(ttlSeconds > 0 && ttlSeconds <= TTL_SECONDS_MAX, "router-ttl-secs", ttlSeconds, "> 0, at most 86400");
        check(
                predictedTtlSeconds >= 0 && predictedTtlSeconds <= TTL_SECONDS_MAX,
                "router-predicted-ttl-secs",
                predictedTtlSeconds,
                "0 to 86400");
        check(
                useKvEvents || predictedTtlSeconds == 0,
                "router-predicted-ttl-secs",
                predictedTtlSeconds,
                "0 when use-kv-events is false");
        check(
                routedBlocksPerRankMax >= 1 && routedBlocksPerRankMax <= ROUTED_BLOCKS_PER_RANK_MAX_CEILING,
                "routed-blocks-per-rank-max",
                routedBlocksPerRankMax,
                "1 to 16777216");
        indexPeers = List.copyOf(indexPeers);
        check(
                !useKvEvents || indexPeers.isEmpty(),
                "index-peers",
                indexPeers,
                "none while use-kv-events is true: the workers themselves are asked");
    }

    public static PrefixConfig from(Options options) {
        return new PrefixConfig(
                options.option(
                                "use-kv-events",
                                "learn from KV events what workers cache; else from own decisions alone")
                        .env("DYN_USE_KV_EVENTS")
                        .alias("DYN_ROUTER_USE_KV_EVENTS")
                        .flag(true),
                options.option("router-ttl-secs", "without KV events: how long a prompt counts as cached where it went")
                        .env("DYN_ROUTER_TTL_SECS")
                        .decimal(120.0),
                options.option(
                                "router-predicted-ttl-secs",
                                "beside KV events: how long a prompt counts as cached where it went; 0: not")
                        .env("DYN_ROUTER_PREDICTED_TTL_SECS")
                        .decimal(0.0),
                options.option(
                                "routed-blocks-per-rank-max",
                                "blocks of one rank that count as cached for either reason; the oldest go first")
                        .integer(ROUTED_BLOCKS_PER_RANK_MAX_DEFAULT),
                options
                        .option(
                                "index-peers",
                                "without KV events: other replicas (http://host:admin-port) to start from")
                        .strings()
                        .stream()
                        .map(PrefixConfig::peer)
                        .toList());
    }

    /// The preset that looks at load alone: no events, no predictions.
    ///
    /// Source: Dynamo's `--load-aware`.
    public PrefixConfig loadAware() {
        return new PrefixConfig(false, ttlSeconds, 0, routedBlocksPerRankMax, indexPeers);
    }

    private static URI peer(String text) {
        check(PEER.matcher(text).matches(), "index-peers", text, "http://host:port");
        return URI.create(text);
    }
}
