package io.kvepp.picker;

import java.nio.ByteBuffer;
import java.util.List;

/// What becomes of a routed request. The load booked for it is held until [#completed].
///
/// Calls come in the order of the methods below; any of the middle ones may be missing (an aborted
/// request). [#completed] is called exactly once by a correct front, and a second call is a no-op.
///
/// Thread-safe.
public interface RequestLifecycle {
    /// The endpoint that really served the request, as the gateway tells it with the response
    /// headers: another one than the first named where a fallback took its place.
    void servedBy(String endpoint);

    /// In place of [#servedBy]: the gateway does not tell. `loadBalancerSpoke`: it tells other things
    /// of how it balances load.
    default void servedByUntold(boolean loadBalancerSpoke) {}

    /// The response headers arrived; `contentType` is empty when there is none.
    void responseHeaders(int status, String contentType);

    /// Headers that the response is given in place of any of the same name; asked right after
    /// [#responseHeaders].
    default List<HttpHeader> addedResponseHeaders() {
        return List.of();
    }

    /// A slice of the response body; the buffer is valid during the call only.
    void responseBody(ByteBuffer slice, boolean endOfStream);

    /// The request is over, whatever way it ended.
    void completed();

    /// The request was not sent after all: it ends, and leaves no trace. A no-op after
    /// [#completed], as that is after this.
    void withdrawn();
}
