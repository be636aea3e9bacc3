package io.kvepp.app;

import static io.kvepp.app.PortableMessages.about;
import static io.kvepp.app.PortableMessages.body;
import static io.kvepp.app.PortableMessages.grpc;
import static io.kvepp.app.PortableMessages.head;
import static io.kvepp.app.PortableMessages.headOnly;
import static io.kvepp.app.PortableMessages.hint;
import static io.kvepp.app.PortableMessages.response;
import static io.kvepp.app.PortableMessages.responseHeaders;
import static io.kvepp.app.PortableMessages.responseTrailers;
import static io.kvepp.app.PortableMessages.subset;
import static io.kvepp.app.PortableMessages.terse;
import static io.kvepp.app.PortableMessages.text;
import static io.kvepp.app.PortableMessages.trailers;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.kvepp.config.Options;
import io.kvepp.conformance.ConformancePicker;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.PickRequest;
import io.kvepp.pool.PoolRef;
import io.kvepp.pool.rules.RulesConfig;
import io.kvepp.pool.rules.RulesPicker;
import io.kvepp.pool.rules.WatchedRules;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The cases that other Endpoint Pickers are tested with, over gRPC and with everything real behind
/// it; what is expected is our own contract.
///
/// Numbers are those of the pickers' own tables: H, G and E of llm-d, L of the light-weight picker, D
/// of Dynamo's. E2 is the queue (`QueueTest`). Not offered: G1 to G6, G12 and G13 (bodies of gRPC
/// model servers are not read), the token metric of H19 (prompts are counted when they are read, and
/// here nothing was asked), E3 (no cost expressions), E4 (sessions are bound by id, not by a token in
/// the answer).
class PortableCasesTest {
    private static final String FIRST = "192.168.1.1:8000";
    private static final String SECOND = "192.168.1.2:8000";
    private static final String MODEL = RehearsedWorkers.AGGREGATED;
    private static final String PLAIN =
            "{\"max_tokens\":100,\"model\":\"" + MODEL + "\",\"prompt\":\"test1\",\"temperature\":0}";

    private static final String USAGE =
            "data: {\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":10,\"total_tokens\":17}}\n\ndata: [DONE]\n\n";

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
        start("false");
    }

    private void start(String emitEndpointScores) throws IOException {
        EppConfig config = EppConfig.from(new Options(
                Map.of(
                        "frontend-endpoint",
                        List.of(FIRST, SECOND),
                        "inject-token-data",
                        List.of("false"),
                        "emit-endpoint-scores",
                        List.of(emitEndpointScores)),
                Map.of()));
        brain = RehearsedWorkers.brain(config, folder, metrics, Clocks.system());
        brain.start();
        Await.until("the model is loaded", brain::modelsSettled);
        serve(brain.router());
    }

    private void serve(EndpointPicker picker) throws IOException {
        service = new ExtProcService(
                ExtProcConfig.from(new Options(Map.of(), Map.of())),
                picker,
                metrics,
                new ExtProcHost(
                        Executors.newSingleThreadScheduledExecutor(),
                        Clocks.system().nanos(),
                        () -> "id",
                        () -> true));
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(service)
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    private void stopServing() {
        channel.shutdownNow();
        server.shutdownNow();
        service.close();
    }

    @AfterEach
    void nothingIsLeft() {
        stopServing();
        assertThat(brain.inspection().bookings()).isZero();
        brain.close();
        metrics.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                row("H5 no JSON", "400", terse(), body("no healthy upstream", true)),
                row("H5 JSON cut short", "400", terse(), body(PLAIN.substring(0, 60), true)),
                row("H5 nothing in it", "400", terse(), body("{}", true)),
                row("H5 no JSON, with a path", "400", head(), body("no healthy upstream", true)),
                row(
                        "H6 body in two parts",
                        "route; body " + PLAIN + " end",
                        head(),
                        body(PLAIN.substring(0, 30), false),
                        body(PLAIN.substring(30), true)),
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
                        "response headers; response data: {}\n\n; response " + USAGE + "; response  end",
                        responseHeaders("content-type", "text/event-stream", "status", "200"),
                        response("data: {}\n\n", false),
                        response(USAGE, false),
                        response("", true)),
                row("G7 gRPC in a subset", "route " + FIRST + "; body x end", subset(grpc(), FIRST), body("x", true)),
                row(
                        "G8 gRPC in another subset",
                        "route " + SECOND + "; body x end",
                        subset(grpc(), SECOND),
                        body("x", true)),
                row("G9 gRPC outside the subset", "503", subset(grpc(), "192.168.1.99:8000")),
                row(
                        "G10 gRPC response with trailers",
                        "response headers; response ab; response trailers",
                        responseHeaders("content-type", "application/grpc"),
                        response("ab", false),
                        responseTrailers()),
                row("G11 gRPC bytes that are none", "route; body \u0001\u0002 end", grpc(), body("\u0001\u0002", true)),
                row("L4 subset list", "route " + SECOND, subset(headOnly(":method", "GET"), SECOND)),
                row("L5 subset text", "route", hint(headOnly(":method", "GET"), text(FIRST + "," + SECOND))),
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
                row("D no pseudo headers", "route; body " + PLAIN + " end", terse(), body(PLAIN, true)),
                row(
                        "D destinations of the client's own",
                        "route; body " + PLAIN + " end",
                        head(
                                "x-gateway-destination-endpoint",
                                "10.9.9.9:1",
                                "x-gateway-destination-endpoint",
                                "10.9.9.9:2"),
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
        PortableExchange exchange = new PortableExchange(channel);
        messages.forEach(exchange::send);

        String told = exchange.told();
        assertThat(
                        expected.startsWith("route;") || expected.equals("route")
                                ? told.replaceFirst("route 192\\.168\\.1\\.[12]:8000", "route")
                                : told)
                .isEqualTo(expected);
        exchange.close();
    }

    /// H13: the worker and the decision see the target, the client its own name.
    @Test
    void aModelIsRewrittenForTheWorkerAndBackForTheClient() throws IOException {
        MemoryKube kube = new MemoryKube("ns");
        kube.put(
                new KubeKind("llm-d.ai", "v1alpha2", "inferencemodelrewrites", "InferenceModelRewrite"),
                new ObjectMapper().readTree("""
                    {"metadata":{"name":"r"},"spec":{"poolRef":{"name":"p"},"rules":[
                      {"matches":[{"model":{"value":"model-to-be-rewritten"}}],
                       "targets":[{"modelRewrite":"%s"}]}]}}\
                    """.formatted(MODEL)));
        PoolRef pool = new PoolRef("", "p", PoolRef.MAIN_PORT);
        EndpointPicker rules = new RulesPicker(
                new RulesConfig(false),
                WatchedRules.of(List.of(pool), kube),
                (request, listener) -> brain.router().pick(ofNoPool(request), listener),
                new Random(1));
        stopServing();
        serve((request, listener) -> rules.pick(request.inPool("p"), listener));
        PortableExchange exchange = new PortableExchange(channel);
        exchange.send(head());
        exchange.send(body(PLAIN.replace(MODEL, "model-to-be-rewritten"), true));
        exchange.send(responseHeaders(":status", "200", "content-type", "application/json"));
        exchange.send(response("{\"model\":\"" + MODEL + "\"}", true));

        assertThat(exchange.told())
                .startsWith("route ")
                .endsWith("; body " + PLAIN
                        + " end; response headers; response {\"model\":\"model-to-be-rewritten\"} end");
        assertThat(metrics.scrape()).contains("kv_epp_requests_total{outcome=\"routed\"} 1");
        exchange.close();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void h7APoolWithoutPodsHasNoEndpointReady(boolean headersOnly) throws IOException {
        stopServing();
        serve((request, listener) -> brain.router().pick(request.inPool("empty"), listener));
        PortableExchange exchange = new PortableExchange(channel);
        exchange.send(headersOnly ? headOnly("content-type", "application/json") : head());
        if (!headersOnly) {
            exchange.send(body(PLAIN, true));
        }

        assertThat(exchange.told()).isEqualTo("503");
        assertThat(exchange.first().getImmediateResponse().getBody().toStringUtf8())
                .contains("\"message\":\"no endpoint is ready\"");
        exchange.close();
    }

    /// L16 to L18, in the words that the official suite reads.
    @ParameterizedTest
    @CsvSource({
        "'', '', fail: missing envoy lb metadata",
        "other, x-gateway-destination-endpoint-served, fail: missing envoy lb metadata",
        "envoy.lb, other, fail: missing destination endpoint served metadata",
        "envoy.lb, x-gateway-destination-endpoint-served, 192.168.1.2:8000"
    })
    void conformanceModeTellsWhoServedOrWhatTheGatewayDidNotSay(String namespace, String key, String told)
            throws IOException {
        ConformancePicker conformance = new ConformancePicker();
        conformance.onPool("ns/p", List.of(FIRST));
        stopServing();
        serve((request, listener) -> conformance.pick(request.inPool("ns/p"), listener));
        PortableExchange exchange = new PortableExchange(channel);
        exchange.send(headOnly(":method", "GET"));
        ProcessingRequest response = responseHeaders(":status", "200");
        exchange.send(namespace.isEmpty() ? response : about(response, namespace, key, SECOND));

        assertThat(exchange.last()
                        .getResponseHeaders()
                        .getResponse()
                        .getHeaderMutation()
                        .getSetHeadersList())
                .filteredOn(option -> option.getHeader().getKey().equals("x-conformance-test-served-endpoint"))
                .extracting(option -> option.getHeader().getRawValue().toStringUtf8())
                .containsExactly(told);
        exchange.close();
    }

    private static PickRequest ofNoPool(PickRequest request) {
        return new PickRequest(
                request.requestId(), request.method(), request.path(), request.headers(), request.body());
    }

    /// H1 to H4: the load is made by bookings, not by scraped metrics.
    @Test
    void theLessBusyWorkerTakesTheRequestAndManyAreNotShed() {
        PortableExchange first = new PortableExchange(channel);
        first.send(head());
        first.send(body(PLAIN.replace("test1", "a long prompt ".repeat(300)), true));
        PortableExchange second = new PortableExchange(channel);
        second.send(head());
        second.send(body(PLAIN, true));
        assertThat(second.worker()).isNotEqualTo(first.worker());

        List<PortableExchange> many = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            PortableExchange exchange = new PortableExchange(channel);
            exchange.send(head());
            exchange.send(body(PLAIN, true));
            assertThat(exchange.told()).startsWith("route ");
            many.add(exchange);
        }
        many.forEach(PortableExchange::close);
        first.close();
        second.close();
    }

    /// E1: a number for each endpoint that was compared; the key is absent unless it is asked for.
    @Test
    void endpointScoresAreToldToWhoeverWantsThem() throws IOException {
        assertThat(scores()).isEmpty();
        stopServing();
        brain.close();

        start("true");
        assertThat(scores())
                .containsOnlyKeys(FIRST, SECOND)
                .containsValue(1.0)
                .allSatisfy((_, score) -> assertThat(score).isBetween(0.0, 1.0));
    }

    private Map<String, Double> scores() {
        PortableExchange exchange = new PortableExchange(channel);
        exchange.send(subset(head(), FIRST, SECOND));
        exchange.send(body(PLAIN, true));
        Map<String, Double> scores = new HashMap<>();
        exchange.first()
                .getDynamicMetadata()
                .getFieldsOrThrow("envoy.lb")
                .getStructValue()
                .getFieldsOrDefault("x-gateway-destination-endpoint-scores", Value.getDefaultInstance())
                .getStructValue()
                .getFieldsMap()
                .forEach((endpoint, score) -> scores.put(endpoint, score.getNumberValue()));
        exchange.close();
        return scores;
    }
}
