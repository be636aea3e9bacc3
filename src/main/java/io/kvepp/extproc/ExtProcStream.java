package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvepp.extproc.StreamState.AwaitingRequestHeaders;
import io.kvepp.extproc.StreamState.AwaitingResponseHeaders;
import io.kvepp.extproc.StreamState.Closed;
import io.kvepp.extproc.StreamState.Picking;
import io.kvepp.extproc.StreamState.ReadingRequestBody;
import io.kvepp.extproc.StreamState.ReadingResponseBody;
import io.kvepp.extproc.StreamState.RequestEnd;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One HTTP request: reads what Envoy sends, asks the picker, answers, and follows the response.
///
/// Any thread may deliver messages, pick results and deadlines; they run one at a time.
final class ExtProcStream implements StreamObserver<ProcessingRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(ExtProcStream.class);

    private final ExtProcService service;
    private final ServerCallStreamObserver<ProcessingResponse> responses;
    private final SynchronizationContext serial = new SynchronizationContext((thread, error) -> failed(error));
    private volatile long deadlineNanos = StreamDeadlines.NEVER;
    private StreamState state = new AwaitingRequestHeaders();
    private boolean bodyComes = true;
    private long heldBodyBytes;
    private String path = ""; // of the request, once its headers are there
    private boolean requested;
    private boolean ended;
    private boolean completed;
    private @Nullable PickExplanation explanation;

    ExtProcStream(ExtProcService service, ServerCallStreamObserver<ProcessingResponse> responses) {
        this.service = service;
        this.responses = responses;
        deadlineNanos = service.deadlines().after(service.config().bodyIdle());
    }

    @Override
    public void onNext(ProcessingRequest message) {
        serial.execute(() -> {
            requested = false;
            state = next(message);
            requestMore();
        });
    }

    /// The gateway half-closed: its client left, or it has nothing more to say.
    @Override
    public void onCompleted() {
        serial.execute(() -> {
            if (state instanceof Picking picking) {
                state = new Picking(picking.handle(), picking.head(), picking.end(), picking.body(), true);
            } else {
                end(state instanceof Closed ? "response" : "aborted");
                complete();
            }
        });
    }

    @Override
    public void onError(Throwable error) {
        cancelled();
    }

    void cancelled() {
        serial.execute(() -> {
            completed = true;
            end("aborted");
        });
    }

    /// The gateway can take more; called after a time when it could not.
    void ready() {
        serial.execute(this::requestMore);
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /// The deadline passed, unless the stream has moved on since.
    void onDeadline(long passed) {
        serial.execute(() -> {
            if (deadlineNanos != passed) {
                return;
            }
            switch (state) {
                case ReadingRequestBody _ ->
                    reject(
                            RejectReason.BODY_IDLE,
                            "request body: no data for "
                                    + service.config().bodyIdle().toMillis() + " ms");
                case Picking _ ->
                    reject(
                            RejectReason.PICK_DEADLINE,
                            "no decision within "
                                    + service.config().pickDeadline().toMillis() + " ms");
                case AwaitingRequestHeaders _ -> refuse(Status.DEADLINE_EXCEEDED, "request_headers: none came");
                case AwaitingResponseHeaders _, ReadingResponseBody _, Closed _ -> {}
            }
        });
    }

    private StreamState next(ProcessingRequest message) {
        if (message.hasProtocolConfig()) {
            ProtocolConfiguration protocol = message.getProtocolConfig();
            if (!isSpoken(protocol.getRequestBodyMode())) {
                return refuseMode("request_body_mode", protocol.getRequestBodyMode());
            }
            if (!isSpoken(protocol.getResponseBodyMode())) {
                return refuseMode("response_body_mode", protocol.getResponseBodyMode());
            }
            bodyComes = protocol.getRequestBodyMode() != BodySendMode.NONE;
        }
        return switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHeaders(message.getRequestHeaders());
            case REQUEST_BODY -> requestBody(message.getRequestBody());
            case REQUEST_TRAILERS -> requestTrailers();
            case RESPONSE_HEADERS -> responseHeaders(message.getResponseHeaders());
            case RESPONSE_BODY -> responseBody(message.getResponseBody());
            case RESPONSE_TRAILERS -> responseTrailers();
            case REQUEST_NOT_SET -> state;
        };
    }

    private static boolean isSpoken(BodySendMode mode) {
        return mode == BodySendMode.FULL_DUPLEX_STREAMED || mode == BodySendMode.NONE;
    }

    private StreamState refuseMode(String field, BodySendMode mode) {
        return refuse(Status.FAILED_PRECONDITION, field + ": " + mode + " (expected: FULL_DUPLEX_STREAMED or NONE)");
    }

    private StreamState requestHeaders(HttpHeaders message) {
        if (!(state instanceof AwaitingRequestHeaders)) {
            return unexpected("request_headers");
        }
        if (!service.acceptsRequests()) {
            // Before the first body part the gateway can still fail open.
            return refuse(Status.UNAVAILABLE, "not ready");
        }
        RequestHead head = RequestHead.read(message, service.requestIds());
        path = head.path();
        if (head.contentLength() > service.config().bodyBytesMax()) {
            return rejectTooLarge();
        }
        if (message.getEndOfStream() || !bodyComes) {
            return pick(head, RequestEnd.HEADERS, ByteString.EMPTY);
        }
        deadlineNanos = service.deadlines().after(service.config().bodyIdle());
        return new ReadingRequestBody(head, new BodyBuffer());
    }

    private StreamState requestBody(HttpBody message) {
        if (state instanceof Closed) {
            return state; // parts that were on their way when the request was rejected
        }
        if (!(state instanceof ReadingRequestBody reading)) {
            return unexpected("request_body");
        }
        if (reading.body().bytes() + message.getBody().size() > service.config().bodyBytesMax()) {
            return rejectTooLarge();
        }
        if (!service.bodyBudget().take(message.getBody().size())) {
            reject(RejectReason.OVERLOADED, "request body: no room, too many large ones at once");
            return state;
        }
        heldBodyBytes += message.getBody().size();
        reading.body().append(message.getBody());
        if (message.getEndOfStream()) {
            return pick(reading.head(), RequestEnd.BODY, reading.body().joined());
        }
        deadlineNanos = service.deadlines().after(service.config().bodyIdle());
        return reading;
    }

    private StreamState requestTrailers() {
        return switch (state) {
            case ReadingRequestBody(var head, var body) -> pick(head, RequestEnd.TRAILERS, body.joined());
            case Closed _ -> state;
            case AwaitingRequestHeaders _, Picking _, AwaitingResponseHeaders _, ReadingResponseBody _ ->
                unexpected("request_trailers");
        };
    }

    private StreamState responseHeaders(HttpHeaders message) {
        return switch (state) {
            case AwaitingResponseHeaders(var lifecycle) -> {
                giveBackBody(); // the request has reached its destination
                ResponseHead head = ResponseHead.read(message);
                lifecycle.responseHeaders(head.status(), head.contentType());
                responses.onNext(Responses.responseHeaders(explanation));
                yield message.getEndOfStream() ? finish(lifecycle) : new ReadingResponseBody(lifecycle);
            }
            // A gateway that answers by itself, or that skips the request phase, asks about a response
            // nobody was picked for.
            case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ -> {
                release();
                responses.onNext(Responses.RESPONSE_HEADERS);
                yield message.getEndOfStream() ? new Closed() : new ReadingResponseBody(UnpickedLifecycle.INSTANCE);
            }
            case ReadingResponseBody _ -> unexpected("response_headers");
            case Closed _ -> state;
        };
    }

    private StreamState responseBody(HttpBody message) {
        if (state instanceof Closed) {
            return state;
        }
        if (!(state instanceof ReadingResponseBody reading)) {
            return unexpected("response_body");
        }
        RequestLifecycle lifecycle = reading.lifecycle();
        if (!message.getBody().isEmpty()) {
            lifecycle.responseBody(message.getBody().asReadOnlyByteBuffer(), false);
        }
        Responses.responseBody(message.getBody(), message.getEndOfStream(), responses::onNext);
        return message.getEndOfStream() ? finish(lifecycle) : reading;
    }

    private StreamState responseTrailers() {
        return switch (state) {
            case AwaitingResponseHeaders(var lifecycle) -> trailersAfter(lifecycle);
            case ReadingResponseBody(var lifecycle) -> trailersAfter(lifecycle);
            case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ -> unexpected("response_trailers");
            case Closed _ -> state;
        };
    }

    private StreamState trailersAfter(RequestLifecycle lifecycle) {
        responses.onNext(Responses.RESPONSE_TRAILERS);
        return finish(lifecycle);
    }

    private StreamState finish(RequestLifecycle lifecycle) {
        lifecycle.responseBody(ByteBuffer.allocate(0), true);
        lifecycle.completed();
        return new Closed();
    }

    private StreamState pick(RequestHead head, RequestEnd end, ByteString body) {
        deadlineNanos = service.deadlines().after(service.config().pickDeadline());
        PickRequest request =
                new PickRequest(head.requestId(), head.method(), head.path(), head.headers(), body.toByteArray());
        // The result, even one that comes during the call, runs after this state is set.
        PickHandle handle = service.picker().pick(request, result -> serial.execute(() -> picked(result)));
        return new Picking(handle, head, end, body, false);
    }

    private void picked(PickResult result) {
        if (!(state instanceof Picking picking)) {
            if (result instanceof PickResult.Routed routed) {
                routed.lifecycle().withdrawn();
            }
            return;
        }
        deadlineNanos = StreamDeadlines.NEVER;
        switch (result) {
            case PickResult.Rejected rejected -> reject(rejected);
            case PickResult.Answered answered -> {
                service.metrics().request("answered");
                responses.onNext(Responses.answered(answered));
                end("answered");
                complete();
            }
            case PickResult.Routed routed -> answer(picking, routed);
        }
        if (picking.halfClosed()) {
            end("aborted");
            complete();
        }
    }

    private void answer(Picking picking, PickResult.Routed routed) {
        state = new AwaitingResponseHeaders(routed.lifecycle());
        explanation = routed.explanation();
        responses.onNext(Responses.routed(routed, picking.head()));
        switch (picking.end()) {
            case HEADERS -> {}
            case BODY -> Responses.requestBody(picking.body(), routed.body(), true, responses::onNext);
            case TRAILERS -> {
                if (!picking.body().isEmpty()) {
                    Responses.requestBody(picking.body(), routed.body(), false, responses::onNext);
                }
                responses.onNext(Responses.REQUEST_TRAILERS);
            }
        }
        service.metrics().request("routed");
    }

    private StreamState rejectTooLarge() {
        reject(
                RejectReason.BODY_TOO_LARGE,
                "request body: larger than " + service.config().bodyBytesMax() + " bytes");
        return state;
    }

    private void reject(RejectReason reason, String message) {
        reject(new PickResult.Rejected(reason, message, null));
    }

    private void reject(PickResult.Rejected rejected) {
        service.metrics().request(Rejection.word(rejected.reason()));
        responses.onNext(Responses.rejected(path, rejected, service.config().overloadStatus()));
        end("rejected");
        complete();
    }

    private StreamState unexpected(String message) {
        return refuse(
                Status.FAILED_PRECONDITION,
                message + ": unexpected in state " + state.getClass().getSimpleName());
    }

    private StreamState refuse(Status status, String description) {
        end("failed");
        if (!completed) {
            completed = true;
            responses.onError(status.withDescription(description).asRuntimeException());
        }
        return state;
    }

    private void failed(Throwable error) {
        LOG.error("ext_proc stream failed", error);
        end("failed");
        if (!completed) {
            completed = true;
            responses.onError(Status.INTERNAL.withDescription("internal error").asRuntimeException());
        }
    }

    /// Whatever way the stream ends: nothing it owns is left.
    private void end(String how) {
        release();
        if (!ended) {
            ended = true;
            giveBackBody();
            service.metrics().streamEnd(how);
            service.deadlines().remove(this);
        }
    }

    /// Leaves the state and gives back what it owns.
    private void release() {
        StreamState left = state;
        state = new Closed();
        deadlineNanos = StreamDeadlines.NEVER;
        switch (left) {
            case AwaitingRequestHeaders _, ReadingRequestBody _, Closed _ -> {}
            case Picking picking -> picking.handle().cancel();
            case AwaitingResponseHeaders(var lifecycle) -> lifecycle.completed();
            case ReadingResponseBody(var lifecycle) -> lifecycle.completed();
        }
    }

    private void giveBackBody() {
        service.bodyBudget().giveBack(heldBodyBytes);
        heldBodyBytes = 0;
    }

    private void complete() {
        if (!completed) {
            completed = true;
            responses.onCompleted();
        }
    }

    /// Asks for the next message only while the answers so far can be sent: a gateway that does not
    /// read holds back its own messages, not our memory.
    private void requestMore() {
        if (!completed && !requested && responses.isReady()) {
            requested = true;
            responses.request(1);
        }
    }
}
