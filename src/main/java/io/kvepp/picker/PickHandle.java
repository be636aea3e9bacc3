package io.kvepp.picker;

/// A pick under way.
///
/// Thread-safe.
@FunctionalInterface
public interface PickHandle {
    /// Gives the pick up: the listener is not called any more and whatever was booked is released.
    /// A no-op once the listener was called.
    void cancel();
}
