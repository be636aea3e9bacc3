package io.kvepp.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.kvepp.extproc.StreamState.Closed;
import io.kvepp.extproc.StreamState.ReadingResponseBody;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.RequestLifecycle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// The response of one request: lets it pass, and tells whoever holds the booking.
///
/// Confined to the stream's serializing executor.
final class ResponsePhase {
    private final Replies replies;
    private @Nullable PickExplanation explanation;

    ResponsePhase(Replies replies) {
        this.replies = replies;
    }

    /// What the client is told of the pick; null for nothing.
    void explain(@Nullable PickExplanation pick) {
        explanation = pick;
    }

    /// `requestOpen`: parts of the request may still come.
    StreamState headers(RequestLifecycle lifecycle, boolean requestOpen, ProcessingRequest message) {
        boolean endOfStream = message.getResponseHeaders().getEndOfStream();
        @Nullable String served = GatewayMetadata.served(message);
        if (served != null) {
            lifecycle.servedBy(served);
        } else {
            lifecycle.servedByUntold(GatewayMetadata.hasLoadBalancer(message));
        }
        ResponseHead head = ResponseHead.read(message.getResponseHeaders());
        lifecycle.responseHeaders(head.status(), head.contentType());
        replies.responseHeaders(explanation, lifecycle.addedResponseHeaders(), endOfStream);
        return endOfStream ? finish(lifecycle) : new ReadingResponseBody(lifecycle, requestOpen);
    }

    /// The body comes, and the gateway did not ask about its headers.
    void headersNotShown(RequestLifecycle lifecycle) {
        lifecycle.responseHeaders(ResponseHead.UNSEEN.status(), ResponseHead.UNSEEN.contentType());
        replies.responseHeadersNotShown();
    }

    StreamState body(RequestLifecycle lifecycle, boolean requestOpen, HttpBody message) {
        if (!message.getBody().isEmpty()) {
            lifecycle.responseBody(message.getBody().asReadOnlyByteBuffer(), false);
        }
        replies.responsePart(message);
        return message.getEndOfStream() ? finish(lifecycle) : new ReadingResponseBody(lifecycle, requestOpen);
    }

    StreamState trailers(RequestLifecycle lifecycle) {
        replies.responseTrailers();
        return finish(lifecycle);
    }

    private static StreamState finish(RequestLifecycle lifecycle) {
        lifecycle.responseBody(ByteBuffer.allocate(0), true);
        lifecycle.completed();
        return new Closed();
    }
}
