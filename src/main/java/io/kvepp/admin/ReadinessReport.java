package io.kvepp.admin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Whether requests are welcome, and each condition that decides it, in its order.
///
/// Immutable.
public record ReadinessReport(boolean ready, Map<String, Boolean> conditions) {
    public ReadinessReport {
        conditions = Collections.unmodifiableMap(new LinkedHashMap<>(conditions));
    }
}
