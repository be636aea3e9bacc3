package io.kvepp.routerservice;

/// A selection under way.
///
/// Thread-safe.
@FunctionalInterface
public interface SelectionHandle {
    /// Nobody waits for the answer any more: what was booked is given back, now or when it is made. A
    /// no-op once the answer was handed over.
    void cancel();
}
