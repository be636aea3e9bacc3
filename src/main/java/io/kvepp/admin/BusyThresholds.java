package io.kvepp.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The thresholds of overload, by model, as operators see and change them.
///
/// Thread-safe.
public interface BusyThresholds {
    /// One model's thresholds; null: none.
    ///
    /// Source: Dynamo's `/busy_threshold`.
    ///
    /// Immutable.
    record Row(
            @JsonProperty("model") String model,

            @JsonProperty("active_decode_blocks_threshold") @Nullable
            Double decodeBlocks,

            @JsonProperty("active_prefill_tokens_threshold") @Nullable
            Long prefillTokens,

            @JsonProperty("active_prefill_tokens_threshold_frac") @Nullable
            Double prefillTokensFrac) {
        boolean asksOnly() {
            return decodeBlocks == null && prefillTokens == null && prefillTokensFrac == null;
        }
    }

    /// Those of every model that has some.
    List<Row> all();

    /// Those of one model; all null for a model nobody serves.
    Row of(String model);

    /// Puts those that are not null in force; empty when nobody serves the model.
    ///
    /// @throws io.kvepp.config.ConfigurationException when one is out of range
    Optional<Row> change(Row changes);
}
