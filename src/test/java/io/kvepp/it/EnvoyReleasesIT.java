package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.HangingUpstream;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.Http2Exchange;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.EnvoyBootstrap;
import io.kvepp.it.stack.EnvoyBootstrap.Asking;
import io.kvepp.it.stack.EnvoyBootstrap.Route;
import io.kvepp.it.stack.EnvoyFleet;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What real Envoys of five releases make of fallback lists, of several pickers and of refusals.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnvoyReleasesIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String LISTED = "fallbacks";
    private static final String HANGING = "hanging";
    private static final String SMALL = "small buffer";
    private static final String CHAIN = "chain";

    private final Deployment deployment;
    private final EnvoyStand stand;
    private final HangingUpstream hanging = new HangingUpstream();
    private String dead = "";

    EnvoyReleasesIT(@Aggregated Deployment deployment, RealParts parts) throws IOException {
        this.deployment = deployment;
        stand = new EnvoyStand("envoy-releases", deployment, parts);
    }

    @BeforeAll
    void start() throws IOException {
        int deadPort = stand.fleet.freePort();
        dead = EnvoyStand.endpoint(deadPort);
        stand.startPicker(EnvoyStand.ISTIO, stand.first.port(), "--streamed-body-wait", "5s");
        stand.startPicker(
                LISTED,
                deadPort,
                "--frontend-endpoint",
                EnvoyStand.endpoint(stand.first.port()),
                "--fallback-endpoints",
                "1");
        stand.startPicker(HANGING, hanging.port());
        stand.startEnvoys(List.of(deadPort), EnvoyReleasesIT::configure);
        stand.fleet.awaitReady();
    }

    private static void configure(String version, EnvoyFleet.Listeners listeners) {
        Route original = Route.to(EnvoyBootstrap.ORIGINAL_DST);
        Asking asking = Asking.fullDuplex(EnvoyStand.ISTIO);
        listeners.add(
                version + " " + LISTED, Route.to(EnvoyBootstrap.OVERRIDE_HOST).retrying(), Asking.fullDuplex(LISTED));
        listeners.add(version + " " + CHAIN, original, asking, asking);
        listeners.add(version + " " + HANGING, original, Asking.fullDuplex(HANGING));
        listeners.add(version, original, asking);
        for (String mode : EnvoyRow.MODES) {
            listeners.add(version + " " + mode, original, EnvoyRow.asking(EnvoyStand.ISTIO, mode));
        }
        listeners.add(
                version + " " + SMALL, original.buffering(32 << 10), EnvoyRow.asking(EnvoyStand.ISTIO, "partial"));
    }

    @AfterAll
    void stop() {
        stand.close();
        hanging.close();
    }

    static Stream<String> versions() {
        return EnvoyStand.versions();
    }

    /// The two would take turns at being named first if the picker were not told who served.
    @ParameterizedTest
    @MethodSource("versions")
    void aDeadEndpointIsReplacedByTheSecondOfTheListAndThenPassedOver(String version) {
        Await.until(
                "once the dead endpoint is named first, and then twice the live one",
                LIMIT,
                () -> firstNamed(version).equals(dead)
                        && !firstNamed(version).equals(dead)
                        && !firstNamed(version).equals(dead));
    }

    private String firstNamed(String version) {
        String id = UUID.randomUUID().toString();
        HttpAnswer answer = stand.post(version + " " + LISTED, stand.chat(400), "x-request-id", id);
        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        String[] list = stand.first
                .request(id)
                .headers()
                .all("x-gateway-destination-endpoint")
                .getFirst()
                .split(",", -1);
        assertThat(list).hasSize(2);
        return list[0];
    }

    @ParameterizedTest
    @MethodSource("versions")
    void twoPickersInAChainLeaveTheBodyWhole(String version) {
        String id = UUID.randomUUID().toString();
        SentBody body = SentBody.unread(200_000);
        HttpAnswer answer = stand.post(version + " " + CHAIN, body, "x-request-id", id);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        body.assertWhole(stand.arrived(id));
    }

    @Test
    void headersThatFitOnlyWithoutOursAreRefusedWithAReason() {
        Headers headers = Headers.of("content-type", "application/json");
        for (int i = 0; i < 88; i++) {
            headers = headers.with("x-header-" + i, "v");
        }
        SentBody body = stand.chat(400);
        InferenceClient client = new InferenceClient(stand.fleet.port(EnvoyRow.NEWEST));
        HttpAnswer answer = client.post(body.path(), body.bytes(), headers);
        for (int i = 88; i < 100 && answer.status() == 200; i++) {
            headers = headers.with("x-header-" + i, "v");
            answer = client.post(body.path(), body.bytes(), headers);
        }

        assertThat(answer.status()).isEqualTo(431);
        assertThat(answer.json().at("/error/code").textValue()).isEqualTo("headers_too_large");
    }

    @Test
    void whatIsNoJsonIsRefused() {
        SentBody body = stand.chat(400);
        HttpAnswer answer = new InferenceClient(stand.fleet.port(EnvoyRow.NEWEST))
                .post(body.path(), body.bytes(), Headers.of("content-type", "text/plain"));

        assertThat(answer.status()).isEqualTo(415);
    }

    @Test
    void everyReleasePassesAStatusThatItDoesNotKnowAndGrpcClientsGetTheirOwn() {
        List<RawExchange> running = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RawExchange exchange = stand.send(EnvoyRow.NEWEST + " " + HANGING, stand.chat(400), Headers.NONE);
            exchange.awaitLine("data: 1");
            running.add(exchange);
        }
        busyAbove(0);

        versions().forEach(version -> {
            HttpAnswer answer = stand.post(version + " " + HANGING, stand.chat(400));
            assertThat(answer.status()).as(version).isEqualTo(529);

            HttpAnswer grpc = grpc(version + " " + HANGING);
            assertThat(grpc.status()).as(version).isEqualTo(200);
            assertThat(grpc.headers().firstValue("content-type")).hasValue("application/grpc");
            assertThat(grpc.headers().firstValue("grpc-status")).hasValue("14");
            assertThat(grpc.headers().firstValue("grpc-message"))
                    .hasValueSatisfying(message -> assertThat(message).contains("overloaded"));
            assertThat(grpc.body()).isEmpty();
        });
        hanging.finish();
        running.forEach(RawExchange::rest);
        running.forEach(RawExchange::close);
        busyAbove(1);
    }

    /// One empty message.
    private HttpAnswer grpc(String listener) {
        return Http2Exchange.post(
                stand.fleet.port(listener),
                "/inference.GRPCInferenceService/ModelInfer",
                new byte[5],
                Headers.of("content-type", "application/grpc", "te", "trailers"),
                Headers.NONE);
    }

    /// From which share of its blocks in use a worker is overloaded.
    private void busyAbove(int threshold) {
        HttpAnswer answer = stand.fleet
                .admin(HANGING)
                .post(
                        "/busy_threshold",
                        "{\"model\":\"" + deployment.model() + "\",\"active_decode_blocks_threshold\":" + threshold
                                + "}");
        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
    }

    @Test
    void aBodyThatDoesNotFitIsPassedWholeAndDecidedByLoadAlone() {
        String id = UUID.randomUUID().toString();
        SentBody body = stand.chat(100_000);
        HttpAnswer answer = stand.post(EnvoyRow.NEWEST + " " + SMALL, body, "x-request-id", id);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        Recorded recorded = stand.arrived(id);
        body.assertWhole(recorded);
        assertThat(recorded.headers().all("x-dynamo-worker-instance-id")).hasSize(1);
    }

    /// These modes show no end of such a body; it is whole when it is as long as was announced.
    @ParameterizedTest
    @ValueSource(strings = {"partial", "early"})
    void aBodyOfTheAnnouncedLengthIsReadThoughTrailersFollow(String mode) {
        String id = UUID.randomUUID().toString();
        SentBody body = stand.chat(100_000);
        HttpAnswer answer = Http2Exchange.post(
                stand.fleet.port(EnvoyRow.NEWEST + " " + mode),
                body.path(),
                body.bytes(),
                Headers.of(
                        "content-type",
                        "application/json",
                        "x-request-id",
                        id,
                        "content-length",
                        Integer.toString(body.bytes().length)),
                Headers.of("x-checksum", "7"));

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        body.assertSpliced(stand.arrived(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"full-duplex", "buffered", "streamed"})
    void headersThatComeTwiceArriveInTheirOrderAndADestinationOfTheClientsIsReplaced(String mode) {
        String id = UUID.randomUUID().toString();
        SentBody body = stand.chat(400);
        Headers twice = Headers.of(
                "x-request-id", id,
                "x-twice", "b",
                "x-once", "c",
                "x-twice", "a",
                "x-gateway-destination-endpoint", dead,
                "x-gateway-destination-endpoint", "10.0.0.1:1");
        try (RawExchange exchange = stand.send(EnvoyRow.NEWEST + " " + mode, body, twice)) {
            assertThat(exchange.answer().status()).isEqualTo(200);
        }

        Headers arrived = stand.arrived(id).headers();
        assertThat(arrived.all("x-twice")).containsExactly("b", "a");
        assertThat(arrived.all("x-once")).containsExactly("c");
    }
}
