package io.kvepp.routerservice;

import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// A booking on a rank that the caller chose itself.
///
/// - `uncachedTokens`: of the prompt, still to be computed there; null when unknown: none are booked
/// - `trackPrefillTokens`: whether those count as load; null: if they are given, or the rules say so
/// - `expectedOutputTokens`: 0 when unknown
///
/// Immutable.
public record ExplicitBooking(
        PoolKey pool,
        WorkerWithDpRank worker,
        SelectionPrompt prompt,
        SchedulingOverride override,
        @Nullable Integer uncachedTokens,
        @Nullable Boolean trackPrefillTokens,
        int expectedOutputTokens) {
    boolean tracksPrefill(boolean rules) {
        return trackPrefillTokens == null ? uncachedTokens != null || rules : trackPrefillTokens;
    }
}
