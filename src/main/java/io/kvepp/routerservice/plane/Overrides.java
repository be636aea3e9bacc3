package io.kvepp.routerservice.plane;

import io.kvepp.config.ConfigurationException;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.scheduling.SchedulingOverride;
import org.jspecify.annotations.Nullable;

/// What a request says otherwise than the router's options.
///
/// Source: Dynamo 1.6.1 `RouterConfigOverride`.
///
/// Thread-safe.
final class Overrides {
    private Overrides() {}

    static SchedulingOverride read(Fields request) throws MalformedMessageException {
        @Nullable Fields fields = request.map("router_config_override");
        if (fields == null) {
            return SchedulingOverride.NONE;
        }
        try {
            SchedulingOverride override = new SchedulingOverride(
                    fields.decimal("overlap_score_credit"),
                    fields.decimal("prefill_load_scale"),
                    fields.decimal("router_temperature"),
                    fields.flag("assume_kv_reuse"),
                    fields.flag("track_prefill_tokens"));
            @Nullable Double weight = fields.decimal("overlap_score_weight");
            return weight == null ? override : override.withOverlapScoreWeight(weight);
        } catch (ConfigurationException e) {
            throw new MalformedMessageException("router_config_override." + e.getMessage());
        }
    }

    /// For the decode worker of a request whose prompt another worker computes: its own cache does not
    /// count (unless `sharesCache`), nothing is shared, and there is no prompt to compute. The rest
    /// of the request's own rules holds.
    static SchedulingOverride afterPrefill(SchedulingOverride own, boolean sharesCache) {
        return new SchedulingOverride(
                sharesCache ? own.overlapScoreCredit() : Double.valueOf(0),
                own.prefillLoadScale(),
                own.temperature(),
                false,
                false);
    }
}
