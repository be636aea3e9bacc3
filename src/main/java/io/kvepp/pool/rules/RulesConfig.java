package io.kvepp.pool.rules;

import io.kvepp.config.Options;

/// Whether the headers that name an objective and a model count, although any client may send them.
///
/// Immutable.
public record RulesConfig(boolean honoursHeaders) {
    public static RulesConfig from(Options options) {
        return new RulesConfig(options.option(
                        "control-headers",
                        "headers that name an InferenceObjective or another model, whoever sent them")
                .choice("drop", "drop", "honour")
                .equals("honour"));
    }
}
