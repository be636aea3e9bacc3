package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorStub;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// A gateway's end of one request: as gateways do it in one of their body modes, unless the dice
/// make it break the rules or leave.
///
/// Confined to one thread, on which the answers come as well.
final class FuzzedStream implements StreamObserver<ProcessingResponse> {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final List<Status.Code> ENDS = List.of(
            Status.Code.FAILED_PRECONDITION,
            Status.Code.UNAVAILABLE,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.CANCELLED);

    private final SplittableRandom random;
    private final byte[] body;
    private final BodySendMode mode;
    private final boolean early;
    private final Queue<ProcessingRequest> request = new ArrayDeque<>();
    private final Queue<ProcessingRequest> response = new ArrayDeque<>();
    private final List<ByteString> parts = new ArrayList<>();
    private final ByteArrayOutputStream passed = new ByteArrayOutputStream();
    private final StreamObserver<ProcessingRequest> stream;
    private int sent;
    private int answers;
    private int bodyAnswers;
    private boolean rejected;
    private boolean brokeRules;
    private boolean over;
    private Outcome outcome = Outcome.UNSEEN;
    private @Nullable Throwable error;

    /// What became of a body.
    enum Outcome {
        /// It did not pass, or nobody could tell how.
        UNSEEN,
        SAME,
        SPLICED
    }

    FuzzedStream(ExternalProcessorStub stub, SplittableRandom random, String path, byte[] body) {
        this.random = random;
        this.body = body;
        BodySendMode[] modes = {
            BodySendMode.FULL_DUPLEX_STREAMED,
            BodySendMode.STREAMED,
            BodySendMode.BUFFERED,
            BodySendMode.BUFFERED_PARTIAL,
            BodySendMode.NONE
        };
        mode = modes[random.nextInt(modes.length)];
        early = mode == BodySendMode.STREAMED && random.nextBoolean();
        planRequest(path);
        planResponse();
        stream = stub.process(this);
    }

    private void planRequest(String path) {
        boolean trailers = random.nextInt(4) == 0;
        HttpHeaders.Builder head = headers(":method", "POST", ":path", path, "content-type", "application/json");
        if (random.nextBoolean()) {
            head.getHeadersBuilder().addHeaders(header("content-length", Integer.toString(body.length)));
        }
        request.add(ProcessingRequest.newBuilder()
                .setRequestHeaders(head)
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(mode)
                        .setResponseBodyMode(mode)
                        .setSendBodyWithoutWaitingForHeaderResponse(early))
                .build());
        if (mode == BodySendMode.NONE) {
            return;
        }
        boolean buffered = mode == BodySendMode.BUFFERED || mode == BodySendMode.BUFFERED_PARTIAL;
        int count = buffered ? 1 : random.nextInt(1, 6);
        for (int part = 0; part < count; part++) {
            parts.add(ByteString.copyFrom(
                    Arrays.copyOfRange(body, body.length * part / count, body.length * (part + 1) / count)));
            request.add(ProcessingRequest.newBuilder()
                    .setRequestBody(body(parts.getLast(), part == count - 1 && !trailers))
                    .build());
        }
        if (trailers && !buffered) {
            request.add(ProcessingRequest.newBuilder()
                    .setRequestTrailers(HttpTrailers.getDefaultInstance())
                    .build());
        }
    }

    private void planResponse() {
        String[] statuses = {"200", "200", "200", "200", "404", "500", "503"};
        response.add(ProcessingRequest.newBuilder()
                .setResponseHeaders(headers(
                        ":status",
                        statuses[random.nextInt(statuses.length)],
                        "content-type",
                        random.nextBoolean() ? "text/event-stream" : "application/json"))
                .build());
        int count = random.nextInt(4);
        for (int part = 0; part <= count; part++) {
            String event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
            response.add(ProcessingRequest.newBuilder()
                    .setResponseBody(body(ByteString.copyFromUtf8(event), part == count))
                    .build());
        }
    }

    boolean isOver() {
        return over;
    }

    /// Sends what comes next, waits, breaks a rule or leaves.
    void step() {
        int dice = random.nextInt(200);
        if (dice == 0) {
            leave();
        } else if (dice == 1) {
            brokeRules = true;
            List<ProcessingRequest> any = new ArrayList<>(random.nextBoolean() ? request : response);
            if (!any.isEmpty()) {
                stream.onNext(any.get(random.nextInt(any.size())));
            }
        } else if (!request.isEmpty()) {
            if (mayGoOn()) {
                sent++;
                stream.onNext(request.remove());
            }
        } else if (isAnswered() || random.nextInt(50) == 0) {
            goOnWithTheResponse();
        }
        over |= rejected || error != null;
    }

    /// Who waits for an answer sends nothing; the impatient leave after all.
    private boolean mayGoOn() {
        return mode == BodySendMode.FULL_DUPLEX_STREAMED || early || answers >= sent || brokeRules;
    }

    private boolean isAnswered() {
        return mode == BodySendMode.FULL_DUPLEX_STREAMED ? bodyIsBack() : answers >= sent;
    }

    private boolean bodyIsBack() {
        return answers > 0 && passed.size() >= body.length;
    }

    private void goOnWithTheResponse() {
        if (!isAnswered()) {
            leave();
        } else if (response.isEmpty()) {
            assertPassed();
            stream.onCompleted();
            over = true;
        } else {
            stream.onNext(response.remove());
        }
    }

    /// Resets the stream, or closes its half of it and resets then.
    void leave() {
        if (!over) {
            over = true;
            if (random.nextBoolean()) {
                stream.onCompleted();
            }
            stream.onError(Status.CANCELLED.asRuntimeException());
        }
    }

    /// The bytes that go on are the client's, with nothing but token ids put in.
    private void assertPassed() {
        if (rejected || brokeRules || parts.isEmpty()) {
            return;
        }
        byte[] got = passed.toByteArray();
        int same = Arrays.mismatch(body, got);
        outcome = same < 0 ? Outcome.SAME : Outcome.SPLICED;
        if (same >= 0) {
            int added = got.length - body.length;
            assertThat(added).as("bytes added in %s", mode).isPositive();
            assertThat(Arrays.equals(body, same, body.length, got, same + added, got.length))
                    .as("the bytes after byte %s in %s are the client's", same, mode)
                    .isTrue();
            ObjectNode tree = (ObjectNode) read(got);
            assertThat(tree.remove("nvext").at("/token_data").isArray()).isTrue();
            assertThat(tree).isEqualTo(read(body));
        }
    }

    private static JsonNode read(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(new String(json, StandardCharsets.UTF_8), e);
        }
    }

    /// What the end of a stream was, if the other side made it, is one that gateways understand.
    Outcome ended() {
        if (error != null) {
            assertThat(Status.fromThrowable(error).getCode()).isIn(ENDS);
        }
        return outcome;
    }

    @Override
    public void onNext(ProcessingResponse answer) {
        answers += answer.hasRequestHeaders() || answer.hasRequestBody() || answer.hasRequestTrailers() ? 1 : 0;
        rejected |= answer.hasImmediateResponse();
        if (answer.hasRequestBody()) {
            BodyMutation mutation = answer.getRequestBody().getResponse().getBodyMutation();
            int part = bodyAnswers++;
            ByteString bytes = switch (mutation.getMutationCase()) {
                case STREAMED_RESPONSE -> mutation.getStreamedResponse().getBody();
                case BODY -> mutation.getBody();
                case CLEAR_BODY -> ByteString.EMPTY;
                default -> part < parts.size() ? parts.get(part) : ByteString.EMPTY;
            };
            passed.writeBytes(bytes.toByteArray());
        }
    }

    @Override
    public void onError(Throwable problem) {
        error = problem;
    }

    @Override
    public void onCompleted() {
        over = true;
    }

    private static HttpHeaders.Builder headers(String... namesAndValues) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.addHeaders(header(namesAndValues[i], namesAndValues[i + 1]));
        }
        return HttpHeaders.newBuilder().setHeaders(map);
    }

    private static HeaderValue header(String name, String value) {
        return HeaderValue.newBuilder()
                .setKey(name)
                .setRawValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private static HttpBody body(ByteString bytes, boolean last) {
        return HttpBody.newBuilder().setBody(bytes).setEndOfStream(last).build();
    }
}
