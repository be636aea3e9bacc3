package io.kvepp.app;

import io.kvepp.admin.ReadinessReport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// Whether requests are welcome: every condition holds, or has held once if it says so, and the
/// process is not draining.
///
/// Thread-safe.
final class Readiness {
    private final Map<String, BooleanSupplier> conditions = new LinkedHashMap<>();
    private final Map<String, BooleanSupplier> shown = new LinkedHashMap<>();
    private final AtomicBoolean draining = new AtomicBoolean();

    /// A condition that may come and go.
    Readiness require(String name, BooleanSupplier condition) {
        conditions.put(name, condition);
        return this;
    }

    /// A condition of the start: once true, it stays so.
    Readiness requireOnce(String name, BooleanSupplier condition) {
        AtomicBoolean held = new AtomicBoolean();
        return require(name, () -> {
            if (!held.get() && condition.getAsBoolean()) {
                held.set(true);
            }
            return held.get();
        });
    }

    /// What is reported and decides nothing.
    Readiness show(String name, BooleanSupplier state) {
        shown.put(name, state);
        return this;
    }

    void drain() {
        draining.set(true);
    }

    boolean isReady() {
        return !draining.get() && conditions.values().stream().allMatch(BooleanSupplier::getAsBoolean);
    }

    ReadinessReport report() {
        Map<String, Boolean> report = new LinkedHashMap<>();
        conditions.forEach((name, condition) -> report.put(name, condition.getAsBoolean()));
        shown.forEach((name, state) -> report.put(name, state.getAsBoolean()));
        report.put("not draining", !draining.get());
        return new ReadinessReport(isReady(), report);
    }
}
