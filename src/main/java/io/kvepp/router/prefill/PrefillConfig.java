package io.kvepp.router.prefill;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Whether a prompt may be computed by a decode worker when there is no prefill worker.
///
/// - `enforceDisagg`: never: without a prefill worker a request is refused, and the process is not
///   ready before the first one has joined
///
/// Immutable.
public record PrefillConfig(boolean enforceDisagg) {
    public static PrefillConfig from(Options options) {
        refuseConditional(options.option(
                        "router-conditional-disagg",
                        "refused: a Direct frontend wants a prefill worker for every request while there is one")
                .env("DYN_ROUTER_CONDITIONAL_DISAGG")
                .flag(false));
        return new PrefillConfig(
                options.option("enforce-disagg", "requests without a prefill worker get 503, not a decode worker alone")
                        .env("DYN_ENFORCE_DISAGG")
                        .flag(false));
    }

    private static void refuseConditional(boolean asked) {
        check(
                !asked,
                "router-conditional-disagg",
                asked,
                "false: a Direct frontend answers 500 to a request without a prefill worker id");
    }
}
