package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.RequestLifecycle;

/// Where one ext_proc stream stands. A state carries exactly what exists in it: only the last two
/// before [Closed] own a lifecycle, so the load of a request can be neither forgotten nor released
/// twice.
///
/// Confined to the stream's serializing executor.
sealed interface StreamState {
    record AwaitingRequestHeaders() implements StreamState {}

    record ReadingRequestBody(RequestHead head, BodyBuffer body) implements StreamState {}

    /// `halfClosed`: the gateway has nothing more to say but still waits for the answer.
    record Picking(PickHandle handle, RequestHead head, RequestEnd end, ByteString body, boolean halfClosed)
            implements StreamState {}

    record AwaitingResponseHeaders(RequestLifecycle lifecycle) implements StreamState {}

    record ReadingResponseBody(RequestLifecycle lifecycle) implements StreamState {}

    record Closed() implements StreamState {}

    /// What ended the request, and so what Envoy waits for.
    enum RequestEnd {
        HEADERS,
        BODY,
        TRAILERS
    }
}
