package io.kvepp.preprocess;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The token texts a template may print; null is None, which prints as `None`.
///
/// Immutable.
record SpecialTokens(
        @Nullable String bos,
        @Nullable String eos,
        @Nullable String unk) {
    void addTo(Map<String, @Nullable Object> context) {
        context.put("bos_token", bos);
        context.put("eos_token", eos);
        context.put("unk_token", unk);
    }
}
