package io.kvepp.routerservice.plane;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Which requests do without a prefill worker although there is one: those of whose prompt little is
/// left to compute on the decode worker that they would get.
///
/// - `on`: otherwise none
/// - `uncachedTokensMax`: fewer than so many are little
/// - `uncachedShareMax`: if they are less than this share of the prompt, too
///
/// Source: Dynamo 1.6.1 conditional disaggregation, policy `isl_bounding`.
///
/// Immutable.
public record PrefillBypass(boolean on, int uncachedTokensMax, double uncachedShareMax) {
    private static final int UNCACHED_TOKENS_MAX_DEFAULT = 2_048;
    private static final double UNCACHED_SHARE_MAX_DEFAULT = 0.7;

    public PrefillBypass {
        check(uncachedTokensMax >= 0, "prefill-bypass-tokens", uncachedTokensMax, ">= 0");
        check(uncachedShareMax >= 0 && uncachedShareMax <= 1, "prefill-bypass-share", uncachedShareMax, "0 to 1");
    }

    static PrefillBypass from(Options options) {
        return new PrefillBypass(
                options.option("prefill-bypass", "generate: short of work, prompts are computed by decode workers")
                        .flag(false),
                options.option("prefill-bypass-tokens", "that is if fewer tokens than this are left to compute")
                        .env("DYN_ROUTER_CONDITIONAL_DISAGG_EFF_ISL_THRESHOLD")
                        .integer(UNCACHED_TOKENS_MAX_DEFAULT),
                options.option("prefill-bypass-share", "and less than this share of the prompt")
                        .env("DYN_ROUTER_CONDITIONAL_DISAGG_EFF_ISL_RATIO_THRESHOLD")
                        .decimal(UNCACHED_SHARE_MAX_DEFAULT));
    }

    /// Whether a request bypasses prefill workers, given what its decode worker has to compute.
    boolean applies(int promptTokens, int uncachedTokens) {
        return on && uncachedTokens < uncachedTokensMax && uncachedTokens < uncachedShareMax * promptTokens;
    }
}
