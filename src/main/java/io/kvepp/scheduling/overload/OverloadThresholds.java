package io.kvepp.scheduling.overload;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import io.kvepp.load.RankCapacities;
import org.jspecify.annotations.Nullable;

/// When a rank counts as overloaded; null: never for this reason. Any one of them is enough.
///
/// - `decodeBlocks`: more than this share of its cache blocks is in use, 0 to 1
/// - `prefillTokens`: more prompt tokens than this are still to be computed
/// - `prefillTokensFrac`: more prompt tokens than this many times what it computes in one step
/// - `waitingRequests`: more requests than this wait in its engine, whoever sent them
///
/// Source: Dynamo's worker monitor; the last one is the saturation detector's of the Gateway API
/// Inference Extension.
///
/// Immutable.
public record OverloadThresholds(
        @Nullable Double decodeBlocks,
        @Nullable Long prefillTokens,
        @Nullable Double prefillTokensFrac,
        @Nullable Integer waitingRequests) {
    public static final OverloadThresholds NONE = new OverloadThresholds(null, null, null);

    private static final double OFF = -1;

    public OverloadThresholds {
        check(
                decodeBlocks == null || (decodeBlocks >= 0 && decodeBlocks <= 1),
                "active_decode_blocks_threshold",
                String.valueOf(decodeBlocks),
                "a number from 0 to 1");
        check(
                prefillTokens == null || prefillTokens >= 0,
                "active_prefill_tokens_threshold",
                String.valueOf(prefillTokens),
                "a whole number >= 0");
        check(
                prefillTokensFrac == null || (prefillTokensFrac >= 0 && Double.isFinite(prefillTokensFrac)),
                "active_prefill_tokens_threshold_frac",
                String.valueOf(prefillTokensFrac),
                "a finite number >= 0");
        check(
                waitingRequests == null || waitingRequests >= 0,
                "engine-waiting-threshold",
                String.valueOf(waitingRequests),
                "a whole number >= 0, or -1");
    }

    /// Those that Dynamo has.
    public OverloadThresholds(
            @Nullable Double decodeBlocks, @Nullable Long prefillTokens, @Nullable Double prefillTokensFrac) {
        this(decodeBlocks, prefillTokens, prefillTokensFrac, null);
    }

    public static OverloadThresholds from(Options options) {
        return new OverloadThresholds(
                onOrNull(options.option(
                                "active-decode-blocks-threshold",
                                "a worker with a larger share of its cache blocks in use is overloaded; -1: never")
                        .env("DYN_ACTIVE_DECODE_BLOCKS_THRESHOLD")
                        .decimal(OFF)),
                tokens(options.option(
                                "active-prefill-tokens-threshold",
                                "a worker with more prompt tokens to compute is overloaded; -1: never")
                        .env("DYN_ACTIVE_PREFILL_TOKENS_THRESHOLD")
                        .integer((int) OFF)),
                onOrNull(options.option(
                                "active-prefill-tokens-threshold-frac",
                                "the same, in multiples of what it computes in one step; -1: never")
                        .env("DYN_ACTIVE_PREFILL_TOKENS_THRESHOLD_FRAC")
                        .decimal(OFF)),
                requests(options.option(
                                "engine-waiting-threshold",
                                "a worker whose engine says that more requests wait there is overloaded; -1: never")
                        .integer((int) OFF)));
    }

    public boolean isNone() {
        return equals(NONE);
    }

    /// These thresholds, where `changes` says nothing else.
    OverloadThresholds with(OverloadThresholds changes) {
        return new OverloadThresholds(
                changes.decodeBlocks == null ? decodeBlocks : changes.decodeBlocks,
                changes.prefillTokens == null ? prefillTokens : changes.prefillTokens,
                changes.prefillTokensFrac == null ? prefillTokensFrac : changes.prefillTokensFrac,
                changes.waitingRequests == null ? waitingRequests : changes.waitingRequests);
    }

    /// Whether a rank with these loads is overloaded. Shares of unknown sizes never are exceeded.
    ///
    /// @param blocks in use, as far as they are counted
    /// @param tokens of prompts that are still to be computed
    boolean areExceededBy(long blocks, long tokens, RankCapacities capacities, int slot) {
        int totalBlocks = capacities.totalKvBlocks(slot);
        return (decodeBlocks != null && totalBlocks > 0 && blocks > decodeBlocks * totalBlocks)
                || (prefillTokens != null && tokens > prefillTokens)
                || (prefillTokensFrac != null && tokens > prefillTokensFrac * capacities.batchedTokensMax(slot));
    }

    /// Whether a rank is overloaded by what its engine alone knows.
    boolean areExceededBy(EngineSigns engines, int slot) {
        return (decodeBlocks != null && engines.usedShare(slot) > decodeBlocks)
                || (waitingRequests != null && engines.waitingRequests(slot) > waitingRequests);
    }

    private static @Nullable Double onOrNull(double value) {
        return value == OFF ? null : (Double) value;
    }

    private static @Nullable Integer requests(int value) {
        return value == OFF ? null : (Integer) value;
    }

    private static @Nullable Long tokens(int value) {
        return value == OFF ? null : (Long) (long) value;
    }
}
