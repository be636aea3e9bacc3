package io.kvepp.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvepp.extproc.BodyModes.Mode;
import io.kvepp.extproc.StreamState.AwaitingRequestHeaders;
import io.kvepp.extproc.StreamState.AwaitingResponseHeaders;
import io.kvepp.extproc.StreamState.Closed;
import io.kvepp.extproc.StreamState.Picking;
import io.kvepp.extproc.StreamState.ReadingRequestBody;
import io.kvepp.extproc.StreamState.ReadingResponseBody;
import io.kvepp.extproc.StreamState.RequestEnd;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RequestLifecycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One HTTP request: reads what the gateway sends, asks the picker, answers, and follows the response.
///
/// Any thread may deliver messages, pick results and deadlines; they run one at a time.
final class ExtProcStream implements StreamObserver<ProcessingRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(ExtProcStream.class);
    private static final byte[] NO_BODY = new byte[0];

    private final ExtProcService service;
    private final StreamCall call;
    private final SynchronizationContext serial = new SynchronizationContext((thread, error) -> failed(error));
    private final Replies replies;
    private final ResponsePhase response;
    private final Refusals refusals;
    private final BodyClaim claim;
    private final long startNanos;
    private volatile long deadlineNanos;
    private StreamState state = new AwaitingRequestHeaders();
    private RequestHead head = RequestHead.NONE;
    private @Nullable EndpointSubset subset;
    private boolean modesTold;
    private boolean observed; // by a gateway that takes no answers
    private boolean ended;

    ExtProcStream(ExtProcService service, ServerCallStreamObserver<ProcessingResponse> responses) {
        this.service = service;
        call = new StreamCall(responses);
        replies = new Replies(BodyModes.silent(service.config().silentBodyMode()), call);
        response = new ResponsePhase(replies);
        refusals = new Refusals(service.config());
        claim = new BodyClaim(service.bodyBudget(), refusals);
        startNanos = service.deadlines().now();
        deadlineNanos = service.deadlines().after(service.config().bodyIdle());
    }

    @Override
    public void onNext(ProcessingRequest message) {
        serial.execute(() -> {
            call.received();
            if (!observed && !call.isOver()) {
                state = next(message);
            }
            call.requestMore();
        });
    }

    /// The gateway half-closed: its client left, or it has nothing more to say.
    @Override
    public void onCompleted() {
        serial.execute(() -> {
            switch (state) {
                case Picking(var handle, var read, var end, var body, var _) ->
                    state = new Picking(handle, read, end, body, true);
                case AwaitingResponseHeaders(var lifecycle, var _)
                when !modesTold && lifecycle != UnpickedLifecycle.INSTANCE -> unwatched();
                case ReadingResponseBody _ when replies.modes().response() == Mode.NONE -> endAndComplete("response");
                case Closed _ -> endAndComplete("response");
                case AwaitingRequestHeaders _, ReadingRequestBody _, AwaitingResponseHeaders _, ReadingResponseBody _ ->
                    endAndComplete("aborted");
            }
        });
    }

    @Override
    public void onError(Throwable error) {
        cancelled();
    }

    void cancelled() {
        serial.execute(() -> {
            call.cancelled();
            end("aborted");
        });
    }

    /// The gateway can take more; called after a time when it could not.
    void ready() {
        serial.execute(call::requestMore);
    }

    long startNanos() {
        return startNanos;
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
                case ReadingRequestBody(var read, var body, var _)
                when replies.modes().request() == Mode.STREAMED -> state = pick(read, RequestEnd.OPEN, body, true);
                case ReadingRequestBody(var _, var _, var end) ->
                    reject(passed == end ? refusals.bodyDeadline() : refusals.bodyIdle());
                case Picking _ -> reject(refusals.pickDeadline());
                case AwaitingRequestHeaders _ -> refuse(Status.DEADLINE_EXCEEDED, "request_headers: none came");
                case AwaitingResponseHeaders _ -> end("unwatched");
                case ReadingResponseBody _, Closed _ -> {}
            }
        });
    }

    /// The stream is older than streams get.
    void onAge() {
        leave("aged");
    }

    /// The process stops.
    void onStop() {
        leave("stopped");
    }

    /// A gateway goes on by itself when a stream ends well, unless what it needs is here: the body of
    /// a request that was not routed.
    private void leave(String how) {
        serial.execute(() -> {
            switch (state) {
                case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ -> {
                    end(how);
                    call.fail(Status.UNAVAILABLE.withDescription(how));
                }
                case AwaitingResponseHeaders _, ReadingResponseBody _, Closed _ -> endAndComplete(how);
            }
        });
    }

    private StreamState next(ProcessingRequest message) {
        if (message.getObservabilityMode()) {
            observed = true;
            release();
            return state;
        }
        if (message.hasProtocolConfig() && state instanceof AwaitingRequestHeaders) {
            modesTold = true;
            replies.modes(BodyModes.of(message.getProtocolConfig()));
        }
        readSubset(message);
        return switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHeaders(message.getRequestHeaders());
            case REQUEST_BODY -> requestBody(message.getRequestBody());
            case REQUEST_TRAILERS -> requestTrailers();
            case RESPONSE_HEADERS -> responseHeaders(message);
            case RESPONSE_BODY -> responseBody(message.getResponseBody());
            case RESPONSE_TRAILERS -> responseTrailers();
            case REQUEST_NOT_SET -> state;
        };
    }

    /// It may come with any message of the request, and need not come again.
    private void readSubset(ProcessingRequest message) {
        if (service.config().subsetFilter() && message.hasMetadataContext()) {
            @Nullable EndpointSubset told = GatewayMetadata.subset(message);
            subset = told == null ? subset : told;
        }
    }

    private StreamState requestHeaders(HttpHeaders message) {
        if (!(state instanceof AwaitingRequestHeaders)) {
            return unexpected("request_headers");
        }
        if (!service.acceptsRequests()) {
            // Before the first body part the gateway can still fail open.
            return refuse(Status.UNAVAILABLE, "not ready");
        }
        head = RequestHead.read(message, service.requestIds());
        if (!modesTold && head.path().isEmpty()) {
            service.metTerseGateway();
        }
        if (service.openStreams() > service.config().streamsMax()) {
            return reject(refusals.streamsFull());
        }
        if (!service.config().headers().fit(head)) {
            return reject(refusals.headersTooLarge());
        }
        if (message.getEndOfStream()) {
            return pick(head, RequestEnd.HEADERS, new BodyBuffer(), false);
        }
        if (replies.modes().isDecidedByHeaders(head.isGrpc())) {
            return pick(head, RequestEnd.OPEN, new BodyBuffer(), true);
        }
        BodyBuffer body = new BodyBuffer(head.contentLength());
        PickResult.@Nullable Rejected refusal = claim.announced(head.contentLength(), body);
        if (refusal != null) {
            return reject(refusal);
        }
        replies.requestHeadersRead();
        long end = service.deadlines().after(service.config().bodyDeadline());
        boolean streamed = replies.modes().request() == Mode.STREAMED;
        deadlineNanos = service.deadlines()
                .after(
                        streamed
                                ? service.config().streamedBodyWait()
                                : service.config().bodyIdle(),
                        end);
        return new ReadingRequestBody(head, body, end);
    }

    private StreamState requestBody(HttpBody message) {
        return switch (state) {
            case ReadingRequestBody reading -> admit(message, reading.body()) ? bodyPart(reading, message) : state;
            case Picking(var handle, var read, var end, var body, var halfClosed)
            when end == RequestEnd.OPEN ->
                admit(message, body) ? new Picking(handle, read, endAfter(message), body, halfClosed) : state;
            case AwaitingResponseHeaders(var lifecycle, var open)
            when open -> {
                replies.requestPart(message);
                yield new AwaitingResponseHeaders(lifecycle, !message.getEndOfStream());
            }
            case ReadingResponseBody(var lifecycle, var open)
            when open -> {
                replies.requestPart(message);
                yield new ReadingResponseBody(lifecycle, !message.getEndOfStream());
            }
            case AwaitingRequestHeaders _ -> {
                replies.requestPart(message);
                yield new AwaitingResponseHeaders(unpicked(), !message.getEndOfStream());
            }
            case Closed _ -> state; // parts that were on their way when the request was rejected
            case Picking _, AwaitingResponseHeaders _, ReadingResponseBody _ -> unexpected("request_body");
        };
    }

    private StreamState bodyPart(ReadingRequestBody reading, HttpBody message) {
        RequestHead read = reading.head();
        BodyBuffer body = reading.body();
        RequestEnd end = endAfter(message);
        // Behind a body there may be trailers that the gateway does not show, and so no end of it.
        boolean whole = end == RequestEnd.BODY || read.contentLength() == body.bytes();
        return switch (replies.modes().request()) {
            case BUFFERED -> pick(read, end, body, false);
            case BUFFERED_PARTIAL -> pick(read, end, body, !whole);
            case STREAMED -> whole ? pick(read, end, body, false) : state;
            case FULL_DUPLEX, NONE -> end == RequestEnd.BODY ? pick(read, end, body, false) : moreToCome(reading);
        };
    }

    private StreamState moreToCome(ReadingRequestBody reading) {
        deadlineNanos = service.deadlines().after(service.config().bodyIdle(), reading.endNanos());
        return reading;
    }

    private static RequestEnd endAfter(HttpBody message) {
        return message.getEndOfStream() ? RequestEnd.BODY : RequestEnd.OPEN;
    }

    /// Keeps a part if there is room for it; otherwise the request was rejected.
    private boolean admit(HttpBody message, BodyBuffer body) {
        PickResult.@Nullable Rejected refusal = claim.part(message.getBody().size(), body);
        if (refusal != null) {
            reject(refusal);
            return false;
        }
        body.append(message.getBody());
        return true;
    }

    private StreamState requestTrailers() {
        return switch (state) {
            case ReadingRequestBody(var read, var body, var _) -> pick(read, RequestEnd.TRAILERS, body, false);
            case Picking(var handle, var read, var end, var body, var halfClosed)
            when end == RequestEnd.OPEN -> new Picking(handle, read, RequestEnd.TRAILERS, body, halfClosed);
            case AwaitingResponseHeaders(var lifecycle, var open)
            when open -> {
                replies.requestTrailers();
                yield new AwaitingResponseHeaders(lifecycle, false);
            }
            case ReadingResponseBody(var lifecycle, var open)
            when open -> {
                replies.requestTrailers();
                yield new ReadingResponseBody(lifecycle, false);
            }
            case AwaitingRequestHeaders _ -> {
                replies.requestTrailers();
                yield new AwaitingResponseHeaders(unpicked(), false);
            }
            case Closed _ -> state;
            case Picking _, AwaitingResponseHeaders _, ReadingResponseBody _ -> unexpected("request_trailers");
        };
    }

    private StreamState responseHeaders(ProcessingRequest message) {
        return switch (state) {
            case AwaitingResponseHeaders(var lifecycle, var open) -> {
                claim.giveBack(); // the request has reached its destination
                yield response.headers(lifecycle, open, message);
            }
            case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ ->
                response.headers(unpicked(), true, message);
            case ReadingResponseBody _ -> unexpected("response_headers");
            case Closed _ -> state;
        };
    }

    private StreamState responseBody(HttpBody message) {
        return switch (state) {
            case ReadingResponseBody(var lifecycle, var open) -> response.body(lifecycle, open, message);
            case AwaitingResponseHeaders(var lifecycle, var open) -> {
                claim.giveBack();
                response.headersNotShown(lifecycle);
                yield response.body(lifecycle, open, message);
            }
            case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ -> response.body(unpicked(), true, message);
            case Closed _ -> state;
        };
    }

    private StreamState responseTrailers() {
        return switch (state) {
            case AwaitingResponseHeaders(var lifecycle, var _) -> response.trailers(lifecycle);
            case ReadingResponseBody(var lifecycle, var _) -> response.trailers(lifecycle);
            case AwaitingRequestHeaders _, ReadingRequestBody _, Picking _ -> response.trailers(unpicked());
            case Closed _ -> state;
        };
    }

    /// A gateway that does not show a request's headers, or answers the request by itself, still asks
    /// about what it shows: nobody is picked, and everything passes.
    private RequestLifecycle unpicked() {
        release();
        claim.giveBack();
        service.metrics().request("unpicked");
        return UnpickedLifecycle.INSTANCE;
    }

    /// `unseen`: the decision must do without the body.
    private StreamState pick(RequestHead read, RequestEnd end, BodyBuffer body, boolean unseen) {
        deadlineNanos = service.deadlines().after(service.config().pickDeadline());
        PickRequest request = new PickRequest(
                read.requestId(),
                read.method(),
                read.path(),
                read.headers(),
                unseen ? NO_BODY : body.toByteArray(),
                unseen,
                subset);
        // The result, even one that comes during the call, runs after this state is set.
        PickHandle handle = service.picker().pick(request, result -> serial.execute(() -> picked(result)));
        return new Picking(handle, read, end, body, false);
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
                call.accept(Responses.answered(answered));
                endAndComplete("answered");
            }
            case PickResult.Routed routed -> answer(picking, routed);
        }
        if (picking.halfClosed() && !call.isOver()) {
            if (modesTold) {
                endAndComplete("aborted");
            } else {
                unwatched();
            }
        }
    }

    private void answer(Picking picking, PickResult.Routed routed) {
        HeaderEdit headers = replies.headers(routed, picking.head(), picking.end(), picking.body());
        if (!service.config().headers().fit(picking.head(), headers)) {
            routed.lifecycle().withdrawn();
            reject(refusals.headersTooLarge());
            return;
        }
        state = new AwaitingResponseHeaders(routed.lifecycle(), picking.end() == RequestEnd.OPEN);
        response.explain(routed.explanation());
        replies.routed(routed, headers, picking.end(), picking.body());
        service.metrics().request("routed");
    }

    /// The gateway was told what it asked, and will not show what becomes of the request: the booking
    /// lasts for a while.
    private void unwatched() {
        claim.giveBack();
        call.complete();
        deadlineNanos = service.deadlines().after(service.config().unwatchedHold());
    }

    private StreamState reject(PickResult.Rejected rejected) {
        service.metrics().request(Rejection.word(rejected.reason()));
        call.accept(Responses.rejected(head, rejected, service.config().overloadStatus()));
        endAndComplete("rejected");
        return state;
    }

    private StreamState unexpected(String message) {
        return refuse(
                Status.FAILED_PRECONDITION,
                message + ": unexpected in state " + state.getClass().getSimpleName());
    }

    private StreamState refuse(Status status, String description) {
        end("failed");
        call.fail(status.withDescription(description));
        return state;
    }

    private void failed(Throwable error) {
        LOG.error("ext_proc stream failed", error);
        end("failed");
        call.fail(Status.INTERNAL.withDescription("internal error"));
    }

    /// Whatever way the stream ends: nothing it owns is left.
    private void end(String how) {
        release();
        if (!ended) {
            ended = true;
            claim.giveBack();
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
            case AwaitingResponseHeaders(var lifecycle, var _) -> lifecycle.completed();
            case ReadingResponseBody(var lifecycle, var _) -> lifecycle.completed();
        }
    }

    private void endAndComplete(String how) {
        end(how);
        call.complete();
    }
}
