package io.kvepp.routerservice.plane;

import io.kvepp.scheduling.RoutingConstraints;

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
    /// - `constraints`: where the KV cache can go, and the request's own
    record Done(byte[] result, RoutingConstraints constraints) implements Prefilled {}

    /// The prompt is being computed; both workers meet.
    record UnderWay(Meeting meeting, RoutingConstraints constraints, BackgroundPrefill task) implements Prefilled {}
}
