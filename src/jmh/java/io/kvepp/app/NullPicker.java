package io.kvepp.app;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The least an Endpoint Picker can do, on kv-epp's own server: what `./e2e/bench extproc` compares
/// with, beside the same in Go.
///
/// `NullPicker` prints `ready PORT` and serves without TLS until it is ended.
public final class NullPicker extends ExternalProcessorGrpc.ExternalProcessorImplBase {
    private static final int BODY_BYTES_MAX = 45 << 20;
    private static final String DESTINATION = "x-gateway-destination-endpoint";
    private static final String ENDPOINT = "127.0.0.1:8000";
    private static final ProcessingResponse ROUTED = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.newBuilder()
                    .setResponse(CommonResponse.newBuilder()
                            .setClearRouteCache(true)
                            .setHeaderMutation(HeaderMutation.newBuilder()
                                    .addSetHeaders(HeaderValueOption.newBuilder()
                                            .setHeader(HeaderValue.newBuilder()
                                                    .setKey(DESTINATION)
                                                    .setValue(ENDPOINT))))))
            .setDynamicMetadata(fields(
                    "envoy.lb",
                    Value.newBuilder()
                            .setStructValue(fields(
                                    DESTINATION,
                                    Value.newBuilder().setStringValue(ENDPOINT).build()))
                            .build()))
            .build();
    private static final ProcessingResponse RESPONSE_HEADERS = ProcessingResponse.newBuilder()
            .setResponseHeaders(HeadersResponse.getDefaultInstance())
            .build();

    private NullPicker() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Logging.configure(new LogConfig("warn", "text"));
        ServerConfig config = ServerConfig.from(new Options(
                Map.of("host", List.of("127.0.0.1"), "port", List.of("0"), "health-port", List.of("0")), Map.of()));
        try (GrpcServers servers = new GrpcServers(
                config,
                PoolPorts.NONE,
                BODY_BYTES_MAX,
                null,
                new NullPicker().bindService(),
                new GrpcHealth().service())) {
            servers.startExtProc();
            System.out.println("ready " + servers.port());
            Thread.currentThread().join();
        }
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> responses) {
        return new Stream(responses);
    }

    private record Stream(StreamObserver<ProcessingResponse> responses, List<HttpBody> parts)
            implements StreamObserver<ProcessingRequest> {
        Stream(StreamObserver<ProcessingResponse> responses) {
            this(responses, new ArrayList<>());
        }

        @Override
        public void onNext(ProcessingRequest request) {
            if (request.hasRequestBody()) {
                parts.add(request.getRequestBody());
                if (request.getRequestBody().getEndOfStream()) {
                    responses.onNext(ROUTED);
                    parts.forEach(part -> responses.onNext(ProcessingResponse.newBuilder()
                            .setRequestBody(same(part))
                            .build()));
                }
            } else if (request.hasResponseHeaders()) {
                responses.onNext(RESPONSE_HEADERS);
            } else if (request.hasResponseBody()) {
                responses.onNext(ProcessingResponse.newBuilder()
                        .setResponseBody(same(request.getResponseBody()))
                        .build());
            }
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
            responses.onCompleted();
        }
    }

    private static BodyResponse same(HttpBody part) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(part.getBody())
                                        .setEndOfStream(part.getEndOfStream()))))
                .build();
    }

    private static Struct fields(String name, Value value) {
        return Struct.newBuilder().putFields(name, value).build();
    }
}
