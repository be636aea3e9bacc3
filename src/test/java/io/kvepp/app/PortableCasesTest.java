package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The cases that other Endpoint Pickers are tested with, over gRPC and with everything real behind
/// it; what is expected is our own contract.
///
/// Numbers are those of the pickers' own tables: H and G of llm-d, L of the light-weight picker, D of
/// Dynamo's. E1 is `--explain-picks` (`DecisionAnswersTest`), E2 the queue (`QueueTest`). Not
/// offered: G1 to G6, G12 and G13 (bodies of gRPC model servers are not read), E3 (no cost
/// expressions), E4 (sessions are bound by id, not by a token in the answer).
class PortableCasesTest {
    private static final String FIRST = "192.168.1.1:8000";
    private static final String SECOND = "192.168.1.2:8000";
    private static final String MODEL = RehearsedWorkers.AGGREGATED;
    private static final String PLAIN =
            "{\"max_tokens\":100,\"model\":\"" + MODEL + "\",\"prompt\":\"test1\",\"temperature\":0}";

    @TempDir
    Path folder;

    private final EppMetrics metrics = new EppMetrics();
    private Brain brain;
    private ExtProcService service;
    private io.grpc.Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        WarmUpModel.in(folder);
        EppConfig config = EppConfig.from(new Options(
                Map.of("frontend-endpoint", List.of(FIRST, SECOND), "inject-token-data", List.of("false")), Map.of()));
        Clocks clocks = Clocks.system();
        brain = RehearsedWorkers.brain(config, folder, metrics, clocks);
        brain.start();
        Await.until("the model is loaded", brain::modelsSettled);
        service = new ExtProcService(
                config.extProc(),
                brain.router(),
                metrics,
                new ExtProcHost(Executors.newSingleThreadScheduledExecutor(), clocks.nanos(), () -> "id", () -> true));
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(service)
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    @AfterEach
    void nothingIsLeft() {
        channel.shutdownNow();
        server.shutdownNow();
        service.close();
        assertThat(brain.inspection().bookings()).isZero();
        brain.close();
        metrics.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                row("H5 no JSON", "400", head(), body("no healthy upstream", true)),
                row(
                        "H6 body in two parts",
                        "route; body " + PLAIN + " end",
                        head(),
                        body(PLAIN.substring(0, 30), false),
                        body(PLAIN.substring(30), true)),
                row("H7 nobody there, headers only", "503", subset(headOnly(":method", "GET"))),
                row("H8 no model", "400", head(), body("{\"prompt\":\"hello world\"}", true)),
                row(
                        "H9 subset with both",
                        "route; body " + PLAIN + " end",
                        subset(head(), FIRST, SECOND),
                        body(PLAIN, true)),
                row(
                        "H10 subset with one",
                        "route " + SECOND + "; body " + PLAIN + " end",
                        subset(head(), SECOND),
                        body(PLAIN, true)),
                row("H11 subset without a match", "503", subset(head(), "192.168.1.99:8000"), body(PLAIN, true)),
                row("H12 a model without objectives", "route; body " + PLAIN + " end", head(), body(PLAIN, true)),
                row(
                        "H14 headers only",
                        "route",
                        headOnly(":method", "GET", "content-type", "text/event-stream", ":status", "200")),
                row(
                        "H15 a body nobody reads",
                        "route; body passthrough-parser end",
                        head(":path", "/v1/unknown"),
                        body("passthrough-parser", true)),
                row(
                        "H16 response in two parts",
                        "response headers; response {\"a\"; response :1} end",
                        responseHeaders("content-type", "application/json"),
                        response("{\"a\"", false),
                        response(":1}", true)),
                row(
                        "H17 response that is no JSON",
                        "response headers; response no healthy upstream end",
                        responseHeaders("content-type", "application/json"),
                        response("no healthy upstream", true)),
                row(
                        "H18 response with an empty end",
                        "response headers; response {}; response  end",
                        responseHeaders("content-type", "application/json"),
                        response("{}", false),
                        response("", true)),
                row(
                        "H19 events",
                        "response headers; response data: {}; response data: [DONE]; response  end",
                        responseHeaders("content-type", "text/event-stream", "status", "200"),
                        response("data: {}", false),
                        response("data: [DONE]", false),
                        response("", true)),
                row("G7 gRPC in a subset", "route " + FIRST + "; body x end", subset(grpc(), FIRST), body("x", true)),
                row("G9 gRPC outside the subset", "503", subset(grpc(), "192.168.1.99:8000")),
                row(
                        "G10 gRPC response with trailers",
                        "response headers; response ab; response trailers",
                        responseHeaders("content-type", "application/grpc"),
                        response("ab", false),
                        responseTrailers()),
                row("G11 gRPC bytes that are none", "route; body \u0001\u0002 end", grpc(), body("\u0001\u0002", true)),
                row("L4 subset list", "route " + SECOND, subset(headOnly(":method", "GET"), SECOND)),
                row("L8 no metadata", "route", headOnly(":method", "GET")),
                row("L10 empty list", "503", subset(headOnly(":method", "GET"))),
                row(
                        "L11 text with blanks",
                        "route " + FIRST,
                        hint(headOnly(":method", "GET"), text("  192.168.1.1 ,  , "))),
                row("L12 no match", "503", subset(headOnly(":method", "GET"), "10.9.9.9")),
                row(
                        "L13 item with a comma",
                        "route " + SECOND,
                        subset(headOnly(":method", "GET"), "10.9.9.9," + SECOND)),
                row("L14 an unknown port", "503", subset(headOnly(":method", "GET"), "192.168.1.1:9")),
                row("L15 two answers exactly", "route; body " + PLAIN + " end", head(), body(PLAIN, true)),
                row(
                        "L16 nobody says who served",
                        "route; response headers",
                        headOnly(":method", "GET"),
                        responseHeaders(":status", "200")),
                row(
                        "L17 something else is said",
                        "route; response headers",
                        headOnly(":method", "GET"),
                        about(responseHeaders(":status", "200"), "other", FIRST)),
                row(
                        "L18, L19 the one who served, whose headers pass",
                        "route; response headers",
                        headOnly(":method", "GET"),
                        about(
                                responseHeaders(":status", "200", "content-type", "text/plain"),
                                "x-gateway-destination-endpoint-served",
                                SECOND)),
                row("D missing model", "400", head(), body("{}", true)),
                row("D array", "400", head(), body("[]", true)),
                row("D model that is no text", "400", head(), body("{\"model\":1,\"prompt\":\"x\"}", true)),
                row("D empty POST body", "route; body  end", head(), body("", true)),
                row("D never-seen model", "404", head(), body("{\"model\":\"other\",\"prompt\":\"x\"}", true)),
                row(
                        "D request trailers",
                        "route; body " + PLAIN + "; trailers",
                        head(),
                        body(PLAIN, false),
                        trailers()),
                row(
                        "D no pseudo headers",
                        "route; body " + PLAIN + " end",
                        requestHeaders(false, "hi", "mom"),
                        body(PLAIN, true)),
                row(
                        "D subset only with the headers",
                        "route " + FIRST + "; body " + PLAIN + " end",
                        subset(head(), FIRST),
                        body(PLAIN, true)),
                row("D nesting 30,000 deep", "400", head(), body("[".repeat(30_000), true)),
                row("D other content type", "415", head("content-type", "text/plain"), body(PLAIN, true)));
    }

    private static Arguments row(String id, String expected, ProcessingRequest... messages) {
        return Arguments.of(id, List.of(messages), expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aCaseOfOtherPickers(String id, List<ProcessingRequest> messages, String expected) {
        Exchange exchange = new Exchange();
        messages.forEach(exchange::send);

        String told = exchange.told();
        assertThat(
                        expected.startsWith("route;") || expected.equals("route")
                                ? told.replaceFirst("route 192\\.168\\.1\\.[12]:8000", "route")
                                : told)
                .isEqualTo(expected);
        exchange.close();
    }

    /// H1 to H4: the load is made by bookings, not by scraped metrics.
    @Test
    void theLessBusyWorkerTakesTheRequestAndManyAreNotShed() {
        Exchange first = new Exchange();
        first.send(head());
        first.send(body(PLAIN.replace("test1", "a long prompt ".repeat(300)), true));
        Exchange second = new Exchange();
        second.send(head());
        second.send(body(PLAIN, true));
        assertThat(second.worker()).isNotEqualTo(first.worker());

        List<Exchange> many = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Exchange exchange = new Exchange();
            exchange.send(head());
            exchange.send(body(PLAIN, true));
            assertThat(exchange.told()).startsWith("route ");
            many.add(exchange);
        }
        many.forEach(Exchange::close);
        first.close();
        second.close();
    }

    /// One stream, and what it was told so far in words.
    private final class Exchange implements StreamObserver<ProcessingResponse> {
        private final List<ProcessingResponse> responses = new ArrayList<>();
        private final StreamObserver<ProcessingRequest> requests =
                ExternalProcessorGrpc.newStub(channel).process(this);

        void send(ProcessingRequest message) {
            requests.onNext(message);
        }

        void close() {
            requests.onError(io.grpc.Status.CANCELLED.asRuntimeException());
        }

        String told() {
            return String.join("; ", responses.stream().map(this::word).toList());
        }

        String worker() {
            return header(responses.getFirst(), "x-dynamo-worker-instance-id");
        }

        private String word(ProcessingResponse response) {
            return switch (response.getResponseCase()) {
                case REQUEST_HEADERS -> route(response);
                case REQUEST_BODY ->
                    "body "
                            + part(response.getRequestBody()
                                    .getResponse()
                                    .getBodyMutation()
                                    .getStreamedResponse());
                case REQUEST_TRAILERS -> "trailers";
                case RESPONSE_HEADERS -> "response headers";
                case RESPONSE_BODY ->
                    "response "
                            + part(response.getResponseBody()
                                    .getResponse()
                                    .getBodyMutation()
                                    .getStreamedResponse());
                case RESPONSE_TRAILERS -> "response trailers";
                case IMMEDIATE_RESPONSE ->
                    Integer.toString(response.getImmediateResponse().getStatus().getCodeValue());
                case RESPONSE_NOT_SET -> "nothing";
            };
        }

        private String route(ProcessingResponse response) {
            String destination = header(response, "x-gateway-destination-endpoint");
            assertThat(response.getDynamicMetadata()
                            .getFieldsOrThrow("envoy.lb")
                            .getStructValue()
                            .getFieldsOrThrow("x-gateway-destination-endpoint")
                            .getStringValue())
                    .isEqualTo(destination);
            assertThat(response.getRequestHeaders().getResponse().getClearRouteCache())
                    .isTrue();
            assertThat(response.getRequestHeaders()
                            .getResponse()
                            .getHeaderMutation()
                            .getSetHeadersList())
                    .as("only what changes is set")
                    .noneMatch(option -> option.getHeader().getKey().equals("hi"))
                    .allMatch(option -> option.getAppendAction()
                            == HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
            return "route " + destination;
        }

        private static String header(ProcessingResponse response, String name) {
            return response.getRequestHeaders().getResponse().getHeaderMutation().getSetHeadersList().stream()
                    .filter(option -> option.getHeader().getKey().equals(name))
                    .map(option -> option.getHeader().getRawValue().toStringUtf8())
                    .findFirst()
                    .orElse("");
        }

        private static String part(StreamedBodyResponse part) {
            return part.getBody().toStringUtf8() + (part.getEndOfStream() ? " end" : "");
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

    private static ProcessingRequest head(String... more) {
        List<String> all = new ArrayList<>(List.of(
                "hi",
                "mom",
                "x-request-id",
                "test-request-id",
                ":method",
                "POST",
                ":path",
                "/v1/completions",
                "content-type",
                "application/json"));
        all.addAll(List.of(more));
        return requestHeaders(false, all.toArray(String[]::new));
    }

    private static ProcessingRequest headOnly(String... headers) {
        return requestHeaders(true, headers);
    }

    private static ProcessingRequest grpc() {
        return requestHeaders(
                false,
                ":method",
                "POST",
                ":path",
                "/vllm.grpc.engine.VllmEngine/Generate",
                "content-type",
                "application/grpc");
    }

    private static ProcessingRequest requestHeaders(boolean end, String... headers) {
        return ProcessingRequest.newBuilder()
                .setRequestHeaders(headers(end, headers))
                .build();
    }

    private static ProcessingRequest responseHeaders(String... headers) {
        return ProcessingRequest.newBuilder()
                .setResponseHeaders(headers(false, headers))
                .build();
    }

    /// Values in `value`, as gateways other than Envoy send them.
    private static HttpHeaders headers(boolean end, String... headers) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            map.addHeaders(HeaderValue.newBuilder().setKey(headers[i]).setValue(headers[i + 1]));
        }
        return HttpHeaders.newBuilder().setHeaders(map).setEndOfStream(end).build();
    }

    private static ProcessingRequest body(String text, boolean end) {
        return ProcessingRequest.newBuilder().setRequestBody(part(text, end)).build();
    }

    private static ProcessingRequest response(String text, boolean end) {
        return ProcessingRequest.newBuilder().setResponseBody(part(text, end)).build();
    }

    private static HttpBody part(String text, boolean end) {
        return HttpBody.newBuilder()
                .setBody(ByteString.copyFromUtf8(text))
                .setEndOfStream(end)
                .build();
    }

    private static ProcessingRequest trailers() {
        return ProcessingRequest.newBuilder()
                .setRequestTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    private static ProcessingRequest responseTrailers() {
        return ProcessingRequest.newBuilder()
                .setResponseTrailers(HttpTrailers.getDefaultInstance())
                .build();
    }

    private static ProcessingRequest subset(ProcessingRequest message, String... endpoints) {
        ListValue.Builder list = ListValue.newBuilder();
        for (String endpoint : endpoints) {
            list.addValues(text(endpoint));
        }
        return hint(message, Value.newBuilder().setListValue(list).build());
    }

    private static ProcessingRequest hint(ProcessingRequest message, Value value) {
        Struct fields = Struct.newBuilder()
                .putFields("x-gateway-destination-endpoint-subset", value)
                .build();
        return message.toBuilder()
                .setMetadataContext(Metadata.newBuilder().putFilterMetadata("envoy.lb.subset_hint", fields))
                .build();
    }

    /// What a gateway says of a response.
    private static ProcessingRequest about(ProcessingRequest message, String key, String value) {
        return message.toBuilder()
                .setMetadataContext(Metadata.newBuilder()
                        .putFilterMetadata(
                                "envoy.lb",
                                Struct.newBuilder().putFields(key, text(value)).build()))
                .build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }
}
