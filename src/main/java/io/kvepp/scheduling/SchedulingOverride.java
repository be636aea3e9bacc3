package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import org.jspecify.annotations.Nullable;

/// What one request says otherwise than the configuration; null: nothing.
///
/// Neither the decay of the credit, nor the weights of the lower tiers and of requests under way can
/// be overridden.
///
/// Source: Dynamo 1.6.1 `RouterConfigOverride`.
///
/// Immutable.
public record SchedulingOverride(
        @Nullable Double overlapScoreCredit,
        @Nullable Double prefillLoadScale,
        @Nullable Double temperature,
        @Nullable Boolean assumeKvReuse,
        @Nullable Boolean trackPrefillTokens) {
    public static final SchedulingOverride NONE = new SchedulingOverride(null, null, null, null, null);

    public SchedulingOverride {
        notNegative("overlap_score_credit", overlapScoreCredit);
        notNegative("prefill_load_scale", prefillLoadScale);
        notNegative("router_temperature", temperature);
    }

    /// The same with the deprecated `overlap_score_weight`: the scale of prefill load, of which 0
    /// takes the credit away too.
    public SchedulingOverride withOverlapScoreWeight(double weight) {
        return new SchedulingOverride(
                weight == 0 ? Double.valueOf(0) : overlapScoreCredit,
                weight,
                temperature,
                assumeKvReuse,
                trackPrefillTokens);
    }

    private static void notNegative(String name, @Nullable Double value) {
        check(
                value == null || (Double.isFinite(value) && value >= 0),
                name,
                value == null ? "none" : value,
                "a finite number >= 0");
    }
}
