package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What a client says by which others steer requests, on every way a request can take.
class ControlHeadersTest {
    private static final List<String> CONTROL = List.of(
            "x-llm-d-inference-fairness-id",
            "x-gateway-inference-fairness-id",
            "x-llm-d-inference-objective",
            "x-gateway-inference-objective",
            "x-llm-d-model-name-rewrite",
            "x-gateway-model-name-rewrite",
            "x-llm-d-slo-ttft-ms",
            "x-slo-ttft-ms",
            "x-llm-d-slo-tpot-ms",
            "x-slo-tpot-ms",
            "x-llm-d-video-fps",
            "x-llm-d-video-duration-seconds",
            "x-llm-d-video-resolution",
            "x-llm-d-request-dropped-reason",
            "epp-profile",
            "x-prefiller-host-port",
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-kv-cache-source-host-port",
            "x-data-parallel-rank",
            "x-dp-rank",
            "x-prefill-dp-rank",
            "x-worker-instance-id",
            "x-prefill-instance-id",
            "x-dynamo-worker-instance-id",
            "x-dynamo-dp-rank",
            "x-dynamo-prefill-instance-id",
            "x-dynamo-prefill-dp-rank",
            "x-dynamo-routing-mode",
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served");

    private static final String[] FOR_WHOEVER_SERVES = {
        "authorization", "prefer", "x-session-id", "x-session-token", "x-dynamo-session-id", "x-dynamo-request-priority"
    };

    @TempDir
    Path folder;

    private RouterFixture fixture;

    @BeforeEach
    void open() {
        fixture = RouterFixture.withTheOtherChoices(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    enum Way {
        CHAT,
        LISTING,
        UNKNOWN_MODEL,
        UNREAD_BODY
    }

    enum Upstream {
        FRONTEND,
        ENGINE
    }

    static Stream<Arguments> ways() {
        return CONTROL.stream()
                .flatMap(name -> Stream.of(Way.values())
                        .flatMap(way ->
                                Stream.of(Upstream.values()).map(upstream -> Arguments.of(name, way, upstream))));
    }

    @ParameterizedTest(name = "{0}: {1} to {2}")
    @MethodSource("ways")
    void whatSteersRequestsNeverPasses(String name, Way way, Upstream upstream) throws IOException {
        serve(upstream);

        PickResult.Routed routed = fixture.route(request(way, name));

        boolean overwritten = routed.headers().set().stream()
                .anyMatch(
                        header -> header.name().equals(name) && !header.value().equals("client"));
        assertThat(overwritten || routed.headers().remove().contains(name)).isTrue();
        assertThat(routed.headers().remove()).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void whatIsForWhoeverServesPasses(Way way) throws IOException {
        serve(Upstream.ENGINE);

        assertThat(fixture.route(request(way, FOR_WHOEVER_SERVES)).headers().remove())
                .isEmpty();
    }

    private void serve(Upstream upstream) throws IOException {
        Worker worker = aggregated("m").files(WarmUpModel.in(folder)).on(7);
        fixture.serve(
                upstream == Upstream.FRONTEND
                        ? worker
                        : new Worker(worker.id(), worker.endpoint(), worker.cards(), "10.1.0.7:8000"));
    }

    /// Each header comes twice: no value of several may be left.
    private PickRequest request(Way way, String... names) {
        String[] headers = Stream.of(names)
                .flatMap(name -> Stream.of(new HttpHeader(name, "client"), new HttpHeader(name, "client")))
                .flatMap(header -> Stream.of(header.name(), header.value()))
                .toArray(String[]::new);
        return switch (way) {
            case CHAT -> fixture.chat("m", "hello", headers);
            case LISTING -> fixture.request("GET", "/v1/models", "", new byte[0], headers);
            case UNKNOWN_MODEL -> fixture.chat("other", "hello", headers);
            case UNREAD_BODY -> fixture.post("/v1/audio/speech", "{}", headers);
        };
    }
}
