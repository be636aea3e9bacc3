package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// The weights of the cost function. Names, defaults and ranges are those of Dynamo's KV router.
///
/// Immutable.
public record SchedulingConfig(
        double overlapScoreCredit,
        double overlapScoreCreditDecay,
        double prefillLoadScale,
        double activeRequestWeight,
        double hostCacheHitWeight,
        double diskCacheHitWeight,
        double temperature) {
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
                        .decimal(0.0));
    }

    private static void notNegative(String name, double value) {
        check(Double.isFinite(value) && value >= 0, name, value, "a finite number >= 0");
    }

    private static void fraction(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "a number from 0 to 1");
    }
}
