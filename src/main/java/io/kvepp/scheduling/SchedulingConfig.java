package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import io.kvepp.worker.card.WorkerRole;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The weights of the cost function and what it counts. Names, defaults and ranges are those of
/// Dynamo's KV router.
///
/// - `trackPrefillTokens`: prompt tokens still to be computed are load
/// - `trackActiveBlocks`: blocks of live requests are load
/// - `assumeKvReuse`: live requests of a rank share the blocks of a common prefix
/// - `mode`, `prefillMode`: how a worker is chosen, and how one that only prefills
/// - `role`: of the workers these rules are for
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
        boolean assumeKvReuse,
        RouterMode mode,
        RouterMode prefillMode,
        WorkerRole role) {
    private static final String SAME = "same";

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

    /// The rules of the KV mode.
    public SchedulingConfig(
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
        this(
                overlapScoreCredit,
                overlapScoreCreditDecay,
                prefillLoadScale,
                activeRequestWeight,
                hostCacheHitWeight,
                diskCacheHitWeight,
                temperature,
                trackPrefillTokens,
                trackActiveBlocks,
                assumeKvReuse,
                RouterMode.KV,
                RouterMode.KV,
                WorkerRole.AGGREGATED);
    }

    public static SchedulingConfig from(Options options) {
        RouterMode mode =
                RouterMode.of(options.option("router-mode", "how a worker is chosen: kv, by the cost function")
                        .env("DYN_ROUTER_MODE")
                        .choice(RouterMode.KV.word(), RouterMode.words()));
        String prefillMode = options.option(
                        "prefill-router-mode", "how a prefill worker is chosen; same: as any worker")
                .choice(SAME, RouterMode.wordsAnd(SAME));
        return new SchedulingConfig(
                        options.option("router-kv-overlap-score-credit", "how much a cached block is worth, in blocks")
                                .env("DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT")
                                .decimal(1.0),
                        options.option(
                                        "router-kv-overlap-score-credit-decay",
                                        "how fast that credit fades on workers busier with prefill than the idlest")
                                .env("DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT_DECAY")
                                .decimal(0.0),
                        options.option(
                                        "router-prefill-load-scale",
                                        "weight of the prompt tokens a worker has to compute")
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
                        options.option(
                                        "router-track-prefill-tokens",
                                        "count prompt tokens still to be computed as load")
                                .env("DYN_ROUTER_TRACK_PREFILL_TOKENS")
                                .flag(true),
                        options.option("router-track-active-blocks", "count the blocks of live requests as load")
                                .env("DYN_ROUTER_TRACK_ACTIVE_BLOCKS")
                                .flag(true),
                        options.option(
                                        "router-assume-kv-reuse",
                                        "live requests of a worker share blocks of a common prefix")
                                .env("DYN_ROUTER_ASSUME_KV_REUSE")
                                .flag(true),
                        mode,
                        prefillMode.equals(SAME) ? mode : RouterMode.of(prefillMode),
                        WorkerRole.AGGREGATED)
                .withOverlapScoreWeight(options);
    }

    /// The deprecated weight wins over what replaced it.
    private SchedulingConfig withOverlapScoreWeight(Options options) {
        OptionalDouble weight = options.option(
                        "router-kv-overlap-score-weight",
                        "deprecated: replaces router-prefill-load-scale; 0 takes the credit away too")
                .env("DYN_ROUTER_KV_OVERLAP_SCORE_WEIGHT")
                .alias("DYN_OVERLAP_SCORE_WEIGHT")
                .optionalDecimal();
        if (weight.isEmpty()) {
            return this;
        }
        notNegative("router-kv-overlap-score-weight", weight.getAsDouble());
        return with(SchedulingOverride.NONE.withOverlapScoreWeight(weight.getAsDouble()));
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
                assumeKvReuse,
                prefillMode,
                prefillMode,
                WorkerRole.PREFILL);
    }

    /// The rules for decode workers, which are sent the whole KV cache of a prompt.
    ///
    /// Source: Dynamo's decode override.
    public SchedulingConfig forDecode() {
        return with(0, prefillLoadScale, temperature, false, false, WorkerRole.DECODE);
    }

    /// The preset that looks at load alone.
    ///
    /// Source: Dynamo's `--load-aware`.
    public SchedulingConfig loadAware() {
        return new SchedulingConfig(
                0,
                overlapScoreCreditDecay,
                prefillLoadScale,
                activeRequestWeight,
                hostCacheHitWeight,
                diskCacheHitWeight,
                temperature,
                true,
                true,
                false);
    }

    /// The rules for a request that says some things otherwise.
    public SchedulingConfig with(SchedulingOverride override) {
        return override.equals(SchedulingOverride.NONE)
                ? this
                : with(
                        orElse(override.overlapScoreCredit(), overlapScoreCredit),
                        orElse(override.prefillLoadScale(), prefillLoadScale),
                        orElse(override.temperature(), temperature),
                        orElse(override.trackPrefillTokens(), trackPrefillTokens),
                        orElse(override.assumeKvReuse(), assumeKvReuse),
                        role);
    }

    private SchedulingConfig with(
            double credit, double loadScale, double temper, boolean prefillTokens, boolean reuse, WorkerRole workers) {
        return new SchedulingConfig(
                credit,
                overlapScoreCreditDecay,
                loadScale,
                activeRequestWeight,
                hostCacheHitWeight,
                diskCacheHitWeight,
                temper,
                prefillTokens,
                trackActiveBlocks,
                reuse,
                mode,
                prefillMode,
                workers);
    }

    private static <T> T orElse(@Nullable T override, T configured) {
        return override == null ? configured : override;
    }

    private static void notNegative(String name, double value) {
        check(Double.isFinite(value) && value >= 0, name, value, "a finite number >= 0");
    }

    private static void fraction(String name, double value) {
        check(value >= 0 && value <= 1, name, value, "a number from 0 to 1");
    }
}
