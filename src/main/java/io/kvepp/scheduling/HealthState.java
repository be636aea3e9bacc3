package io.kvepp.scheduling;

/// What the requests of one rank say of its health.
///
/// Immutable.
sealed interface HealthState {
    HealthState HEALTHY = new Suspected(0, 0);

    /// `failures` of its requests have failed since `sinceNanos`; 0 when none has lately.
    record Suspected(int failures, long sinceNanos) implements HealthState {}

    /// Gets no requests until `untilNanos`; `times` counts the ejections in a row.
    record Ejected(long untilNanos, int times) implements HealthState {}

    /// One request tries it out since `sinceNanos`.
    record OnTrial(long sinceNanos, int times) implements HealthState {}
}
