package io.kvepp.app;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A completion on its way through a gateway: open until [#close], when its client leaves.
///
/// Confined.
final class GatewayCall implements AutoCloseable {
    private final ManagedChannel channel;
    private final StreamObserver<ProcessingRequest> stream;
    private final CompletableFuture<Map<String, String>> first = new CompletableFuture<>();

    /// Sends the whole request to an ext_proc port of this machine.
    GatewayCall(int port, String json) {
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        stream = ExternalProcessorGrpc.newStub(channel).process(new Answer());
        stream.onNext(head());
        stream.onNext(ProcessingRequest.newBuilder()
                .setRequestBody(HttpBody.newBuilder()
                        .setBody(ByteString.copyFromUtf8(json))
                        .setEndOfStream(true))
                .build());
    }

    /// The headers that the first response sets.
    Map<String, String> headers() throws Exception {
        return first.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        stream.onError(Status.CANCELLED.asRuntimeException());
        channel.shutdownNow();
    }

    private static ProcessingRequest head() {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        Map.of(":method", "POST", ":path", "/v1/completions", "content-type", "application/json")
                .forEach((name, value) ->
                        map.addHeaders(HeaderValue.newBuilder().setKey(name).setValue(value)));
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(map))
                .build();
    }

    private final class Answer implements StreamObserver<ProcessingResponse> {
        @Override
        public void onNext(ProcessingResponse response) {
            var _ = first.complete(
                    response.getRequestHeaders().getResponse().getHeaderMutation().getSetHeadersList().stream()
                            .collect(Collectors.toMap(
                                    option -> option.getHeader().getKey(),
                                    option -> option.getHeader().getRawValue().toStringUtf8())));
        }

        @Override
        public void onError(Throwable problem) {
            var _ = first.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {}
    }
}
