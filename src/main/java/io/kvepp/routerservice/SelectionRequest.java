package io.kvepp.routerservice;

import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// What a caller asks of a choice.
///
/// - `pinned`: this rank and no other; null: any
/// - `affinity`: rather there, if that is possible; null: no matter
/// - `session`: whose request it is; it binds only where neither `pinned` nor `affinity` is given
/// - `expectedOutputTokens`: 0 when unknown
///
/// Immutable.
public record SelectionRequest(
        PoolKey pool,
        SelectionPrompt prompt,
        SchedulingOverride override,
        RoutingConstraints constraints,
        @Nullable WorkerWithDpRank pinned,
        @Nullable Affinity affinity,
        @Nullable String session,
        int expectedOutputTokens,
        Priority priority) {
    /// A worker, and one of its ranks or null for any.
    ///
    /// Immutable.
    public record Affinity(long workerId, @Nullable Integer dpRank) {
        boolean covers(WorkerWithDpRank rank) {
            return rank.workerId() == workerId && (dpRank == null || rank.dpRank() == dpRank);
        }
    }

    /// Its place among requests that wait.
    ///
    /// - `policyClass`: null when it asks for none
    /// - `strict`: higher goes first, whatever else
    /// - `jump`: how much it is preferred within its class
    ///
    /// Immutable.
    public record Priority(@Nullable String policyClass, long strict, int jump) {
        public static final Priority NONE = new Priority(null, 0, 0);
    }

    /// A request without wishes.
    public static SelectionRequest of(PoolKey pool, SelectionPrompt prompt) {
        return new SelectionRequest(
                pool, prompt, SchedulingOverride.NONE, RoutingConstraints.NONE, null, null, null, 0, Priority.NONE);
    }

    /// The same with rules of its own.
    public SelectionRequest with(SchedulingOverride other) {
        return new SelectionRequest(
                pool, prompt, other, constraints, pinned, affinity, session, expectedOutputTokens, priority);
    }

    /// Whether its session decides where it goes.
    boolean followsSession() {
        return session != null && pinned == null && affinity == null;
    }
}
