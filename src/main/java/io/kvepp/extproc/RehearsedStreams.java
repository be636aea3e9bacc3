package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Plays gateway: whole requests over a channel, one after another, so that the code they run is
/// compiled before the first real one.
///
/// Confined to one thread.
public final class RehearsedStreams {
    private static final long STREAM_TIMEOUT_SECONDS = 5;

    private final ExternalProcessorGrpc.ExternalProcessorStub stub;

    public RehearsedStreams(ManagedChannel channel) {
        stub = ExternalProcessorGrpc.newStub(channel);
    }

    /// One request from headers to the end of its streamed response; true if it was answered.
    public boolean play(String path, byte[] body) throws InterruptedException {
        Gateway gateway = new Gateway();
        StreamObserver<ProcessingRequest> requests = stub.process(gateway);
        requests.onNext(headers(":method", "POST", ":path", path, "content-type", "application/json"));
        requests.onNext(ProcessingRequest.newBuilder()
                .setRequestBody(body(ByteString.copyFrom(body), true))
                .build());
        boolean answered = gateway.answered.await(STREAM_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        requests.onNext(ProcessingRequest.newBuilder()
                .setResponseHeaders(
                        HttpHeaders.newBuilder().setHeaders(map(":status", "200", "content-type", "text/event-stream")))
                .build());
        requests.onNext(response("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", false));
        requests.onNext(response("data: [DONE]\n\n", true));
        requests.onCompleted();
        return gateway.ended.await(STREAM_TIMEOUT_SECONDS, TimeUnit.SECONDS) && answered && !gateway.failed.get();
    }

    private static ProcessingRequest response(String text, boolean endOfStream) {
        return ProcessingRequest.newBuilder()
                .setResponseBody(body(ByteString.copyFromUtf8(text), endOfStream))
                .build();
    }

    private static HttpBody body(ByteString bytes, boolean endOfStream) {
        return HttpBody.newBuilder().setBody(bytes).setEndOfStream(endOfStream).build();
    }

    private static ProcessingRequest headers(String... namesAndValues) {
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(map(namesAndValues)))
                .build();
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

    private static final class Gateway implements StreamObserver<ProcessingResponse> {
        private final CountDownLatch answered = new CountDownLatch(1);
        private final CountDownLatch ended = new CountDownLatch(1);
        private final AtomicBoolean failed = new AtomicBoolean();

        @Override
        public void onNext(ProcessingResponse response) {
            if (response.hasImmediateResponse()) {
                failed.set(true);
            }
            if (response.hasRequestBody() || response.hasImmediateResponse()) {
                answered.countDown();
            }
        }

        @Override
        public void onError(Throwable error) {
            failed.set(true);
            answered.countDown();
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            ended.countDown();
        }
    }
}
