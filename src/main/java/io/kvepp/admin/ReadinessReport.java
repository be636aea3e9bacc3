package io.kvepp.admin;

import java.util.Map;

/// Whether requests are welcome, and each condition that decides it.
///
/// Immutable.
public record ReadinessReport(boolean ready, Map<String, Boolean> conditions) {
    public ReadinessReport {
        conditions = Map.copyOf(conditions);
    }
}
