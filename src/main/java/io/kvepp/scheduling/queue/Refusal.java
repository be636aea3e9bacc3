package io.kvepp.scheduling.queue;

import java.util.Map;

/// Why a request does not wait (any more).
///
/// - `details`: the numbers behind it, by name
/// - `retryAfterSeconds`: when it may be worth another try, measured
///
/// Immutable.
public record Refusal(Reason reason, Map<String, Long> details, int retryAfterSeconds) {
    /// What a request met.
    public enum Reason {
        /// Too much of its class waits already.
        FULL,
        /// It had to make room for one of higher strict priority.
        SHED,
        /// It has waited too long.
        TIMEOUT
    }

    public Refusal {
        details = Map.copyOf(details);
    }
}
