package io.kvepp.extproc;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.RequestLifecycle;

/// Where one ext_proc stream stands. A state carries exactly what exists in it: only the last two
/// before [Closed] own a lifecycle, so the load of a request can be neither forgotten nor released
/// twice.
///
/// Confined to the stream's serializing executor.
sealed interface StreamState {
    record AwaitingRequestHeaders() implements StreamState {}

    /// `endNanos`: when all of the body must be here, by the clock of the deadlines.
    record ReadingRequestBody(RequestHead head, BodyBuffer body, long endNanos) implements StreamState {}

    /// `body`: what came of it so far. `halfClosed`: the gateway has nothing more to say but still
    /// waits for the answer.
    record Picking(PickHandle handle, RequestHead head, RequestEnd end, BodyBuffer body, boolean halfClosed)
            implements StreamState {}

    /// `requestOpen`: parts of the request still come, here and in the next state, and pass.
    record AwaitingResponseHeaders(RequestLifecycle lifecycle, boolean requestOpen) implements StreamState {}

    record ReadingResponseBody(RequestLifecycle lifecycle, boolean requestOpen) implements StreamState {}

    record Closed() implements StreamState {}

    /// What ended the request as far as it is shown, and so what the gateway waits for.
    enum RequestEnd {
        /// Nothing yet: the decision does not wait for the rest.
        OPEN,
        HEADERS,
        BODY,
        TRAILERS
    }
}
