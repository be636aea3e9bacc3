package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.kvepp.extproc.StreamState.RequestEnd;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickResult.Routed;
import io.kvepp.picker.ResponseEdit;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What one stream answers, in the body modes of its gateway.
///
/// - full duplex: the decision with the headers, then the body in parts of our own
/// - streamed: the decision with the headers, then one answer to each part
/// - buffered: the headers are let wait at once, the decision comes with the body
///
/// Confined to the stream's serializing executor.
final class Replies {
    private final Consumer<ProcessingResponse> send;
    private BodyModes modes;
    private @Nullable ResponseEdit responseEdit;

    Replies(BodyModes modes, Consumer<ProcessingResponse> send) {
        this.modes = modes;
        this.send = send;
    }

    BodyModes modes() {
        return modes;
    }

    void modes(BodyModes told) {
        modes = told;
    }

    /// The body may come.
    void requestHeadersRead() {
        if (modes.request().isBuffered()) {
            send.accept(Responses.REQUEST_HEADERS);
        }
    }

    /// The headers as they change where the body is changed as well. A length that was not
    /// announced is not announced now: behind it HTTP/1.1 has no room for trailers.
    HeaderEdit headers(Routed routed, RequestHead head, RequestEnd end, BodyBuffer body) {
        boolean sized = modes.request() == BodyModes.Mode.BUFFERED
                && head.contentLength() >= 0
                && end != RequestEnd.HEADERS
                && !routed.body().isNone();
        long length = body.bytes() - routed.body().length() + routed.body().replacement().length;
        return Responses.headerEdit(routed, head, sized ? length : -1);
    }

    /// The decision, and what is owed for the body so far.
    void routed(Routed routed, HeaderEdit headers, RequestEnd end, BodyBuffer body) {
        responseEdit = routed.response();
        if (!modes.request().isBuffered() || end == RequestEnd.HEADERS) {
            send.accept(Responses.routedAtHeaders(routed, headers));
            bodySoFar(routed.body(), end == RequestEnd.BODY, body);
        } else if (body.messages() == 0) {
            send.accept(Responses.routedAtTrailers(routed));
            return;
        } else {
            send.accept(Responses.routedAtBody(routed, headers, body.joined()));
        }
        if (end == RequestEnd.TRAILERS) {
            send.accept(Responses.REQUEST_TRAILERS);
        }
    }

    private void bodySoFar(BodyEdit edit, boolean ended, BodyBuffer body) {
        if (body.messages() == 0) {
            return;
        }
        if (modes.request() != BodyModes.Mode.FULL_DUPLEX) {
            Responses.requestBodyByMessage(body.joined(), body.messages(), edit, send);
        } else if (ended || body.bytes() > 0) {
            Responses.requestBody(body.joined(), edit, ended, send);
        }
    }

    /// A part of a request whose destination is known.
    void requestPart(HttpBody part) {
        if (modes.request() == BodyModes.Mode.FULL_DUPLEX) {
            Responses.requestBody(part.getBody(), BodyEdit.NONE, part.getEndOfStream(), send);
        } else {
            send.accept(Responses.REQUEST_BODY);
        }
    }

    void requestTrailers() {
        send.accept(Responses.REQUEST_TRAILERS);
    }

    void responseHeaders(@Nullable PickExplanation explanation, List<HttpHeader> added, boolean endOfStream) {
        boolean bodyChanges = responseEdit != null && modes.response() != BodyModes.Mode.NONE && !endOfStream;
        send.accept(Responses.responseHeaders(explanation, added, bodyChanges));
    }

    /// The length that they announce can no longer be taken back, and only a gateway that holds all of
    /// the body sets it right.
    void responseHeadersNotShown() {
        responseEdit = modes.response().isBuffered() ? responseEdit : null;
    }

    /// A buffered body comes at once, or as much of it as fits: what follows is trailers, or passes by.
    void responsePart(HttpBody part) {
        boolean last = part.getEndOfStream() || modes.response().isBuffered();
        ByteString body = responseEdit == null
                ? part.getBody()
                : edited(responseEdit, part.getBody().asReadOnlyByteBuffer(), last);
        if (modes.response() != BodyModes.Mode.FULL_DUPLEX) {
            send.accept(responseEdit == null ? Responses.RESPONSE_BODY : Responses.responseBodyReplaced(body));
        } else if (responseEdit == null || part.getEndOfStream() || !body.isEmpty()) {
            Responses.responseBody(body, part.getEndOfStream(), send);
        }
    }

    private static ByteString edited(ResponseEdit edit, ByteBuffer part, boolean last) {
        return UnsafeByteOperations.unsafeWrap(edit.edit(part, last));
    }

    void responseTrailers() {
        if (responseEdit != null && modes.response() == BodyModes.Mode.FULL_DUPLEX) {
            ByteString rest = edited(responseEdit, ByteBuffer.allocate(0), true);
            if (!rest.isEmpty()) {
                Responses.responseBody(rest, false, send);
            }
        }
        send.accept(Responses.RESPONSE_TRAILERS);
    }
}
