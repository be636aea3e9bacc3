package io.kvepp.extproc.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorStub;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.stub.StreamObserver;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The whole life of one request as Envoy tells it in full duplex mode: headers, the body in parts,
/// then, when all of it came back, the response in parts, and the end.
///
/// *Confined* to the channel's event loop.
final class GatewayStream implements StreamObserver<ProcessingResponse> {
    private static final int PART_BYTES = 64 << 10;
    private static final ProtocolConfiguration PROTOCOL = ProtocolConfiguration.newBuilder()
            .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
            .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
            .build();
    private static final ProcessingRequest RESPONSE_HEADERS = ProcessingRequest.newBuilder()
            .setResponseHeaders(
                    HttpHeaders.newBuilder().setHeaders(map(":status", "200", "content-type", "text/event-stream")))
            .build();
    private static final ProcessingRequest[] RESPONSE_PARTS = {
        responsePart(chunk("One"), false),
        responsePart(chunk(" two"), false),
        responsePart(chunk(" three"), false),
        responsePart(chunk(".") + "data: [DONE]\n\n", true)
    };

    private final ExternalProcessorStub stub;
    private final byte[] body;
    private final Latencies latencies;
    private final Runnable ended;
    private long startNanos;
    private boolean answered;
    private boolean finished;
    private @Nullable StreamObserver<ProcessingRequest> requests;

    GatewayStream(ExternalProcessorStub stub, byte[] body, Latencies latencies, Runnable ended) {
        this.stub = stub;
        this.body = body;
        this.latencies = latencies;
        this.ended = ended;
    }

    /// `nanos`: when the request came
    void start(long nanos) {
        startNanos = nanos;
        StreamObserver<ProcessingRequest> out = stub.process(this);
        requests = out;
        out.onNext(ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(requestHeaders()))
                .setProtocolConfig(PROTOCOL)
                .build());
        ByteString whole = UnsafeByteOperations.unsafeWrap(body);
        for (int at = 0; at < body.length; at += PART_BYTES) {
            int end = Math.min(at + PART_BYTES, body.length);
            out.onNext(ProcessingRequest.newBuilder()
                    .setRequestBody(HttpBody.newBuilder()
                            .setBody(whole.substring(at, end))
                            .setEndOfStream(end == body.length))
                    .build());
        }
    }

    @Override
    public void onNext(ProcessingResponse response) {
        switch (response.getResponseCase()) {
            case REQUEST_BODY -> {
                if (isLast(response.getRequestBody())) {
                    routed();
                }
            }
            case RESPONSE_BODY -> {
                if (isLast(response.getResponseBody()) && requests != null) {
                    requests.onCompleted();
                }
            }
            case IMMEDIATE_RESPONSE -> latencies.failed();
            case REQUEST_HEADERS, RESPONSE_HEADERS, REQUEST_TRAILERS, RESPONSE_TRAILERS, RESPONSE_NOT_SET -> {}
        }
    }

    private void routed() {
        answered = true;
        latencies.add(System.nanoTime() - startNanos);
        StreamObserver<ProcessingRequest> out = requests;
        if (out != null) {
            out.onNext(RESPONSE_HEADERS);
            for (ProcessingRequest part : RESPONSE_PARTS) {
                out.onNext(part);
            }
        }
    }

    @Override
    public void onError(Throwable error) {
        latencies.failed();
        finish();
    }

    @Override
    public void onCompleted() {
        if (!answered) {
            latencies.failed();
        }
        finish();
    }

    private void finish() {
        if (!finished) {
            finished = true;
            ended.run();
        }
    }

    private static boolean isLast(BodyResponse body) {
        return body.getResponse().getBodyMutation().getStreamedResponse().getEndOfStream();
    }

    private HeaderMap requestHeaders() {
        return map(
                ":method", "POST",
                ":path", "/v1/chat/completions",
                ":authority", "inference.example.com",
                ":scheme", "http",
                "content-type", "application/json",
                "accept", "text/event-stream",
                "user-agent", "bench",
                "content-length", Integer.toString(body.length),
                "x-request-id", UUID.randomUUID().toString(),
                "x-forwarded-proto", "http");
    }

    private static HeaderMap map(String... namesAndValues) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return map.build();
    }

    private static String chunk(String content) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                + "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" + content
                + "\"},\"finish_reason\":null}]}\n\n";
    }

    private static ProcessingRequest responsePart(String text, boolean last) {
        return ProcessingRequest.newBuilder()
                .setResponseBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8(text))
                        .setEndOfStream(last))
                .build();
    }
}
