package io.kvepp.kvevents;

import java.time.Duration;

/// How hard a worker is asked for what its ranks hold.
///
/// - `attemptsMax`: questions of one recovery
/// - `firstTimeout`, `timeoutMax`: for the first answer; it doubles with each attempt up to the
///   longest. A question may get lost at a worker that is just starting, and a large answer takes long
/// - `firstBackoff`: after the first failure; it doubles after each
/// - `askedMax`: ranks that are asked at the same time, so that answers fit in memory
///
/// Source: Dynamo `lib/llm/src/kv_router/indexer/recovery/worker_query.rs`, but for `firstTimeout` and
/// `askedMax`.
///
/// Immutable.
record RecoveryLimits(
        int attemptsMax, Duration firstTimeout, Duration timeoutMax, Duration firstBackoff, int askedMax) {
    static final RecoveryLimits DEFAULT =
            new RecoveryLimits(8, Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofMillis(200), 16);

    /// @param attempts those made before this one
    Duration timeoutAfter(int attempts) {
        Duration doubled = firstTimeout.multipliedBy(1L << attempts);
        return doubled.compareTo(timeoutMax) < 0 ? doubled : timeoutMax;
    }

    /// @param attempts those made so far, at least 1
    Duration backoffAfter(int attempts) {
        return firstBackoff.multipliedBy(1L << (attempts - 1));
    }
}
