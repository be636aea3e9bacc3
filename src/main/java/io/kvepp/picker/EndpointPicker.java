package io.kvepp.picker;

import java.util.function.Consumer;

/// Chooses the workers for one request.
///
/// - [#pick] returns at once. The listener is called exactly once unless the handle is cancelled
///   first: on the calling thread when there is nothing to wait for, otherwise on a picker thread.
/// - Expected outcomes (no worker, overload, bad request) are [PickResult]s, never exceptions.
/// - A result that arrives after [PickHandle#cancel] has been released by the picker; the caller
///   owes nothing.
///
/// Source: Endpoint Picker protocol 1.0 (Gateway API Inference Extension, proposal 004), rules
/// P3-P11.
///
/// Thread-safe.
public interface EndpointPicker {
    PickHandle pick(PickRequest request, Consumer<PickResult> listener);
}
