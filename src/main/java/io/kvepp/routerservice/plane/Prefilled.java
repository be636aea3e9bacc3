package io.kvepp.routerservice.plane;

import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.worker.WorkerWithDpRank;

/// What came of the prefill hop, for the decode hop.
///
/// Immutable; the arrays are not changed.
sealed interface Prefilled {
    /// There was none: the worker that answers computes the prompt.
    ///
    /// - `bypassed`: although there are prefill workers
    record Not(boolean bypassed) implements Prefilled {}

    /// The prompt is computed; `result` says where it is.
    ///
    /// - `by`: the worker that ran
    /// - `constraints`: where the KV cache can go, and the request's own
    record Done(WorkerWithDpRank by, byte[] result, RoutingConstraints constraints) implements Prefilled {}

    /// The prompt is being computed; both workers meet.
    record UnderWay(WorkerWithDpRank by, Meeting meeting, RoutingConstraints constraints, BackgroundPrefill task)
            implements Prefilled {}
}
