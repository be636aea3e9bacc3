package io.kvepp.extproc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RequestLifecycle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One ext_proc stream over an in-process channel, with a picker that the test answers for and a
/// clock that the test moves. Everything runs on the test's thread.
final class ExtProcFixture implements AutoCloseable, StreamObserver<ProcessingResponse>, RequestLifecycle {
    static final int BODY_BYTES_MAX = 200_000;

    final List<ProcessingResponse> responses = new ArrayList<>();
    final List<PickRequest> picks = new ArrayList<>();
    final List<String> lifecycle = new ArrayList<>();
    final AtomicLong nanos = new AtomicLong();
    int cancelledPicks;
    boolean accepting = true;
    List<HttpHeader> addedToResponse = List.of();
    boolean completed;
    Throwable error;

    private final EppMetrics metrics = new EppMetrics();
    private final ExtProcService service;
    private final Server server;
    private final ManagedChannel channel;
    private final StreamObserver<ProcessingRequest> stream;
    private Consumer<PickResult> listener = result -> {};

    /// `flags`: names and values of options beside those that make bodies small.
    ExtProcFixture(String... flags) {
        service = new ExtProcService(
                config(flags),
                new RecordingPicker(),
                metrics,
                new ExtProcHost(
                        Executors.newSingleThreadScheduledExecutor(), nanos::get, () -> "minted-id", () -> accepting));
        String name = InProcessServerBuilder.generateName();
        try {
            server = InProcessServerBuilder.forName(name)
                    .directExecutor()
                    .addService(service)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
        stream = ExternalProcessorGrpc.newStub(channel).process(this);
    }

    private static ExtProcConfig config(String... flags) {
        Map<String, List<String>> all = new HashMap<>();
        all.put("body-bytes-max", List.of(Integer.toString(BODY_BYTES_MAX)));
        all.put("body-bytes-total-max", List.of(Integer.toString(2 * BODY_BYTES_MAX)));
        for (int i = 0; i < flags.length; i += 2) {
            all.put(flags[i], List.of(flags[i + 1]));
        }
        return ExtProcConfig.from(new Options(all, Map.of()));
    }

    static ProcessingRequest requestHeaders(boolean endOfStream, String... namesAndValues) {
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(headers(endOfStream, namesAndValues))
                .build();
    }

    static ProcessingRequest requestBody(String text, boolean endOfStream) {
        return ProcessingRequest.newBuilder()
                .setRequestBody(body(text, endOfStream))
                .build();
    }

    static ProcessingRequest requestTrailers() {
        return ProcessingRequest.newBuilder()
                .setRequestTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    static ProcessingRequest responseHeaders(boolean endOfStream) {
        return ProcessingRequest.newBuilder()
                .setResponseHeaders(headers(endOfStream, ":status", "200", "content-type", "text/event-stream"))
                .build();
    }

    static ProcessingRequest responseBody(String text, boolean endOfStream) {
        return ProcessingRequest.newBuilder()
                .setResponseBody(body(text, endOfStream))
                .build();
    }

    /// The same message with something said beside it.
    static ProcessingRequest with(ProcessingRequest message, String namespace, String key, Value value) {
        Struct fields = Struct.newBuilder().putFields(key, value).build();
        return message.toBuilder()
                .setMetadataContext(Metadata.newBuilder().putFilterMetadata(namespace, fields))
                .build();
    }

    static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    static Value list(String... items) {
        ListValue.Builder list = ListValue.newBuilder();
        for (String item : items) {
            list.addValues(text(item));
        }
        return Value.newBuilder().setListValue(list).build();
    }

    static ProcessingRequest responseTrailers() {
        return ProcessingRequest.newBuilder()
                .setResponseTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    void send(ProcessingRequest... messages) {
        for (ProcessingRequest message : messages) {
            stream.onNext(message);
        }
    }

    /// Another stream to the same service.
    Other other() {
        Other other = new Other();
        other.stream = ExternalProcessorGrpc.newStub(channel).process(other);
        return other;
    }

    static final class Other implements StreamObserver<ProcessingResponse> {
        final List<ProcessingResponse> responses = new ArrayList<>();
        private @Nullable StreamObserver<ProcessingRequest> stream;

        void send(ProcessingRequest message) {
            requireNonNull(stream).onNext(message);
        }

        void reset() {
            requireNonNull(stream).onError(new IllegalStateException("reset"));
        }

        @Override
        public void onNext(ProcessingResponse response) {
            responses.add(response);
        }

        @Override
        public void onError(Throwable problem) {}

        @Override
        public void onCompleted() {}
    }

    void halfClose() {
        stream.onCompleted();
    }

    void reset() {
        stream.onError(new IllegalStateException("reset"));
    }

    void answer(PickResult result) {
        listener.accept(result);
    }

    void route() {
        answer(routed(BodyEdit.NONE));
    }

    PickResult.Routed routed(BodyEdit edit) {
        HeaderEdit headers = new HeaderEdit(
                List.of(new HttpHeader("x-dynamo-worker-instance-id", "7")),
                List.of("x-worker-instance-id", "x-dynamo-worker-instance-id"));
        return new PickResult.Routed("10.0.0.1:8000", headers, edit, this);
    }

    void advance(Duration duration) {
        nanos.addAndGet(duration.toNanos());
        service.deadlines().check();
    }

    void stop() {
        service.letGo();
    }

    /// Requests with this outcome.
    long requests(String outcome) {
        return counted("kv_epp_requests_total{outcome=\"" + outcome + "\"} ");
    }

    /// Streams that ended in this way.
    long endedStreams(String how) {
        return counted("kv_epp_ext_proc_streams_total{end=\"" + how + "\"} ");
    }

    private long counted(String meter) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(meter))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(meter.length())))
                .sum();
    }

    long heldBodyBytes() {
        return service.bodyBudget().held();
    }

    int openStreams() {
        return service.openStreams();
    }

    /// What was answered to, in order.
    List<String> kinds() {
        return responses.stream()
                .map(response -> response.getResponseCase().name())
                .toList();
    }

    String requestBodySent() {
        StringBuilder sent = new StringBuilder();
        responses.stream()
                .filter(ProcessingResponse::hasRequestBody)
                .map(response -> response.getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getBody()
                        .toStringUtf8())
                .forEach(sent::append);
        return sent.toString();
    }

    @Override
    public void onNext(ProcessingResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable problem) {
        error = problem;
    }

    @Override
    public void onCompleted() {
        completed = true;
    }

    @Override
    public void servedBy(String endpoint) {
        lifecycle.add("served by " + endpoint);
    }

    @Override
    public void responseHeaders(int status, String contentType) {
        lifecycle.add("headers " + status + " " + contentType);
    }

    @Override
    public List<HttpHeader> addedResponseHeaders() {
        return addedToResponse;
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {
        lifecycle.add("body " + slice.remaining() + (endOfStream ? " end" : ""));
    }

    @Override
    public void withdrawn() {
        lifecycle.add("withdrawn");
    }

    @Override
    public void completed() {
        lifecycle.add("completed");
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        service.close();
    }

    private static HttpHeaders headers(boolean endOfStream, String... namesAndValues) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder()
                    .setKey(namesAndValues[i])
                    .setRawValue(ByteString.copyFromUtf8(namesAndValues[i + 1])));
        }
        return HttpHeaders.newBuilder()
                .setHeaders(map)
                .setEndOfStream(endOfStream)
                .build();
    }

    private static HttpBody body(String text, boolean endOfStream) {
        return HttpBody.newBuilder()
                .setBody(ByteString.copyFromUtf8(text))
                .setEndOfStream(endOfStream)
                .build();
    }

    private final class RecordingPicker implements EndpointPicker {
        @Override
        public PickHandle pick(PickRequest request, Consumer<PickResult> resultListener) {
            picks.add(request);
            listener = resultListener;
            return () -> cancelledPicks++;
        }
    }

    static String value(HeaderMutation mutation, String name) {
        return mutation.getSetHeadersList().stream()
                .filter(option -> option.getHeader().getKey().equals(name))
                .map(option -> option.getHeader().getRawValue().toStringUtf8())
                .findFirst()
                .orElse(null);
    }
}
