package io.kvepp.kvevents;

import java.time.Duration;

/// How hard a worker is asked for what its ranks hold.
///
/// - `attemptsMax`: questions of one recovery
/// - `timeout`: for one answer
/// - `firstBackoff`: after the first failure; it doubles after each
/// - `askedMax`: ranks that are asked at the same time, so that answers fit in memory
///
/// Source: Dynamo `lib/llm/src/kv_router/indexer/recovery/worker_query.rs`, but for `askedMax`.
///
/// Immutable.
record RecoveryLimits(int attemptsMax, Duration timeout, Duration firstBackoff, int askedMax) {
    static final RecoveryLimits DEFAULT = new RecoveryLimits(8, Duration.ofSeconds(30), Duration.ofMillis(200), 16);

    /// @param attempts those made so far, at least 1
    Duration backoffAfter(int attempts) {
        return firstBackoff.multipliedBy(1L << (attempts - 1));
    }
}
