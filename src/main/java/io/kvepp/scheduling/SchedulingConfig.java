package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// The weights of the cost function and what it counts. Names, defaults and ranges are those of
/// Dynamo's KV router.
///
/// - `trackPrefillTokens`: prompt tokens still to be computed are load
/// - `trackActiveBlocks`: blocks of live requests are load
/// - `assumeKvReuse`: live requests of a rank share the blocks of a common prefix
///
/// Immutable.
public record SchedulingConfig(
        double overlapScoreCredit,
        double overlapScoreCreditDecay,
        double prefillLoadScale,
        double activeRequestWeight,
        double hostCacheHitWeight,
        double diskCacheHitWeight,
        double temperature,
        boolean trackPrefillTokens,
        boolean trackActiveBlocks,
        boolean assumeKvReuse) {
    public static final SchedulingConfig DEFAULT = from(Options.defaults());

    public SchedulingConfig {
        notNegative("router-kv-overlap-score-credit", overlapScoreCredit);
        notNegative("router-kv-overlap-score-credit-decay", overlapScoreCreditDecay);
        notNegative("router-prefill-load-scale", prefillLoadScale);
        notNegative("router-decode-active-request-weight", activeRequestWeight);
        fraction("router-host-cache-hit-weight", hostCacheHitWeight);
        fraction("router-disk-cache-hit-weight", diskCacheHitWeight);
        notNegative("router-temperature", temperature);
    }

    public static SchedulingConfig from(Options options) {
        return new SchedulingConfig(
                options.option("router-kv-overlap-score-credit", "how much a cached block is worth, in blocks")
                        .env("DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT")
                        .decimal(1.0),
                options.option(
                                "router-kv-overlap-score-credit-decay",
                                "how fast that credit fades on workers busier with prefill than the idlest")
                        .env("DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT_DECAY")
                        .decimal(0.0),
                options.option("router-prefill-load-scale", "weight of the prompt tokens a worker has to compute")
                        .env("DYN_ROUTER_PREFILL_LOAD_SCALE")
                        .decimal(1.0),
                options.option("router-decode-active-request-weight", "cost of each request under way")
                        .env("DYN_ROUTER_DECODE_ACTIVE_REQUEST_WEIGHT")
                        .decimal(0.0),
                options.option("router-host-cache-hit-weight", "worth of a block in pinned host memory, 0 to 1")
                        .env("DYN_ROUTER_HOST_CACHE_HIT_WEIGHT")
                        .decimal(0.75),
                options.option("router-disk-cache-hit-weight", "worth of a block on disk or further, 0 to 1")
                        .env("DYN_ROUTER_DISK_CACHE_HIT_WEIGHT")
                        .decimal(0.25),
                options.option("router-temperature", "0 picks the cheapest worker; more spreads the picks")
                        .env("DYN_ROUTER_TEMPERATURE")
                        .decimal(0.0),
                options.option("router-track-prefill-tokens", "count prompt tokens still to be computed as load")
                        .env("DYN_ROUTER_TRACK_PREFILL_TOKENS")
                        .flag(true),
                options.option("router-track-active-blocks", "count the blocks of live requests as load")
                        .env("DYN_ROUTER_TRACK_ACTIVE_BLOCKS")
                        .flag(true),
                options.option("router-assume-kv-reuse", "live requests of a worker share blocks of a common prefix")
                        .env("DYN_ROUTER_ASSUME_KV_REUSE")
                        .flag(true));
    }

    /// The rules for prefill workers, which decode nothing.
    ///
    /// Source: Dynamo's prefill router.
    public SchedulingConfig forPrefill() {
        return new SchedulingConfig(
                overlapScoreCredit,
                overlapScoreCreditDecay,
                prefillLoadScale,
                activeRequestWeight,
                hostCacheHitWeight,
                diskCacheHitWeight,
                temperature,
                trackPrefillTokens,
                false,
                assumeKvReuse);
    }

    /// The rules for decode workers, which are sent the whole KV cache of a prompt.
    ///
    /// Source: Dynamo's decode override.
    public SchedulingConfig forDecode() {
        return new SchedulingConfig(
                0,
                overlapScoreCreditDecay,
                prefillLoadScale,
                activeRequestWeight,
                hostCacheHitWeight,
                diskCacheHitWeight,
                temperature,
                false,
                trackActiveBlocks,
                false);
    }

    private static void notNegative(String name, double value) {
        check(Double.isFinite(value) && value >= 0, name, value, "a finite number >= 0");
    }

    private static void fraction(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "a number from 0 to 1");
    }
}
