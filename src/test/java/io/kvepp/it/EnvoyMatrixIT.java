package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.HangingUpstream;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.Http2Exchange;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.http.RecordingUpstream;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealEnvoys;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.EnvoyBootstrap;
import io.kvepp.it.stack.EnvoyBootstrap.Asking;
import io.kvepp.it.stack.EnvoyFleet;
import io.kvepp.it.stack.GatewaySettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Real Envoys of five releases in the body modes that gateways use, over TLS with the server name and the authority
/// that Istio uses.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EnvoyMatrixIT {
    private static final String NEWEST = "1.40";
    private static final String ISTIO = "outbound|9002||epp.ns.svc.cluster.local";
    private static final String LISTED = "fallbacks";
    private static final String NOT_READY = "not-ready";
    private static final String DOWN = "down";
    private static final String HANGING = "hanging";
    private static final String STOPPING = "stopping";
    private static final String SMALL = "small buffer";
    private static final Asking PARTIAL = new Asking(ISTIO, "BUFFERED_PARTIAL", "BUFFERED_PARTIAL", false, false);
    private static final List<Asking> MODES = List.of(
            Asking.fullDuplex(ISTIO),
            new Asking(ISTIO, "BUFFERED", "STREAMED", false, false),
            new Asking(ISTIO, "NONE", "NONE", false, false),
            PARTIAL,
            new Asking(ISTIO, "STREAMED", "STREAMED", false, false),
            new Asking(ISTIO, "STREAMED", "BUFFERED", true, false));
    private static final List<String> STREAMED_RESPONSES = List.of("FULL_DUPLEX_STREAMED", "STREAMED");

    private final Deployment deployment;
    private final RealParts parts;
    private final EnvoyFleet fleet;
    private final RecordingUpstream first = new RecordingUpstream();
    private final RecordingUpstream second = new RecordingUpstream();
    private final HangingUpstream hanging = new HangingUpstream();

    EnvoyMatrixIT(@Aggregated Deployment deployment, RealParts parts) throws IOException {
        this.deployment = deployment;
        this.parts = parts;
        fleet = new EnvoyFleet(new Processes(Project.logs().resolve("envoy-matrix")), ISTIO);
    }

    /// One request and the way it takes. `bytes` below a hundred is no chat.
    record Row(String version, Asking asking, boolean http2, String cluster, int bytes) {
        @Override
        public String toString() {
            return version + " " + asking.bodyMode() + (asking.early() ? " early" : "")
                    + (http2 ? " HTTP/2 " : " HTTP/1.1 ") + cluster + " " + bytes;
        }

        String listener() {
            return name(version, asking, cluster);
        }

        boolean bodyIsRead() {
            return bytes >= 100
                    && bytes <= 1_000_000
                    && switch (asking.bodyMode()) {
                        case "NONE" -> false;
                        case "STREAMED" -> asking.early();
                        default -> true;
                    };
        }

        static String name(String version, Asking asking, String cluster) {
            return version + " " + asking.bodyMode() + " " + asking.early() + " " + cluster;
        }
    }

    @BeforeAll
    void start() throws IOException {
        int dead = fleet.freePort();
        // A machine that is busy needs longer for a large body than the default wait.
        startPicker(ISTIO, first.port(), "--frontend-endpoint", endpoint(second.port()), "--streamed-body-wait", "5s");
        startPicker(LISTED, dead, "--frontend-endpoint", endpoint(first.port()), "--fallback-endpoints", "1");
        startPicker(NOT_READY, first.port(), "--router-min-initial-workers", "99");
        startPicker(HANGING, hanging.port());
        startPicker(STOPPING, hanging.port(), "--drain-timeout", "1s");
        Map<String, Path> envoys = new LinkedHashMap<>(RealEnvoys.install());
        envoys.put(NEWEST, parts.envoy());
        for (Map.Entry<String, Path> envoy : envoys.entrySet()) {
            startEnvoy(envoy.getKey(), envoy.getValue(), dead);
        }
        fleet.awaitReady(NOT_READY);
    }

    @AfterAll
    void stop() {
        fleet.close();
        first.close();
        second.close();
        hanging.close();
    }

    static Stream<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Asking asking : MODES) {
            for (boolean http2 : new boolean[] {false, true}) {
                rows.add(new Row(NEWEST, asking, http2, EnvoyBootstrap.OVERRIDE_HOST, 100_000));
                rows.add(new Row(NEWEST, asking, http2, EnvoyBootstrap.ORIGINAL_DST, 400));
            }
            rows.add(new Row(NEWEST, asking, false, EnvoyBootstrap.ORIGINAL_DST, 1));
            rows.add(new Row(NEWEST, asking, false, EnvoyBootstrap.OVERRIDE_HOST, 16 << 20));
        }
        String[] older = {"1.36.4", "1.37.0", "1.38.3", "1.39.3"};
        for (int version = 0; version < older.length; version++) {
            for (int mode = 0; mode < MODES.size(); mode++) {
                boolean http2 = (version + mode) % 2 == 0;
                String cluster =
                        (version / 2 + mode) % 2 == 0 ? EnvoyBootstrap.OVERRIDE_HOST : EnvoyBootstrap.ORIGINAL_DST;
                rows.add(new Row(older[version], MODES.get(mode), http2, cluster, mode % 2 == 0 ? 100_000 : 400));
            }
        }
        return rows.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    @Order(1)
    void theBodyArrivesWholeWhereItIsSent(Row row) {
        String id = UUID.randomUUID().toString();
        boolean chat = row.bytes() >= 100 && row.bytes() <= 1_000_000;
        String path = chat ? InferenceClient.CHAT : "/v1/unknown";
        byte[] body = chat ? chat(row.bytes()) : random(row.bytes());
        Headers headers = Headers.of("content-type", "application/json", "x-request-id", id);

        HttpAnswer answer = row.http2()
                ? Http2Exchange.post(
                        fleet.port(row.listener()),
                        path,
                        body,
                        headers.with("content-length", Integer.toString(body.length)),
                        Headers.of("x-checksum", "none"))
                : new InferenceClient(fleet.port(row.listener())).post(path, body, headers);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        assertThat(answer.json().path("object").textValue()).isEqualTo("recorded");
        Recorded recorded = arrived(id);
        assertThat(recorded.headers().all("x-dynamo-worker-instance-id")).hasSize(1);
        if (row.bodyIsRead()) {
            assertSpliced(body, recorded);
        } else {
            assertWhole(body, recorded);
        }
    }

    @Test
    @Order(2)
    void aDeadEndpointIsReplacedByTheSecondOfTheListAndThenPassedOver() {
        List<String> destinations = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String id = UUID.randomUUID().toString();
            HttpAnswer answer = post(NEWEST + " " + LISTED, InferenceClient.CHAT, chat(400), "x-request-id", id);
            assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
            destinations.add(first.request(id)
                    .headers()
                    .all("x-gateway-destination-endpoint")
                    .getFirst());
        }

        assertThat(destinations).allSatisfy(list -> assertThat(list.split(",")).hasSize(2));
        assertThat(destinations.subList(1, 4))
                .as("the live endpoint is named first once the dead one is known")
                .allMatch(list -> list.startsWith(endpoint(first.port()) + ","));
    }

    @Test
    @Order(3)
    void twoPickersInAChainLeaveTheBodyWhole() {
        String id = UUID.randomUUID().toString();
        byte[] body = random(200_000);
        HttpAnswer answer = post(NEWEST + " chain", "/v1/unknown", body, "x-request-id", id);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        assertWhole(body, arrived(id));
    }

    @ParameterizedTest
    @MethodSource("openFailures")
    @Order(4)
    void withoutAPickerAGatewayThatFailsOpenServesAndAnotherRefuses(String picker) {
        assertThat(new InferenceClient(fleet.port(NEWEST + " " + picker + " open"))
                        .get("/v1/models")
                        .status())
                .isEqualTo(200);
        assertThat(new InferenceClient(fleet.port(NEWEST + " " + picker))
                        .get("/v1/models")
                        .status())
                .isBetween(500, 504);
    }

    static Stream<String> openFailures() {
        return Stream.of(DOWN, NOT_READY);
    }

    @Test
    @Order(5)
    void headersThatFitOnlyWithoutOursAreRefusedWithAReason() {
        Headers headers = Headers.of("content-type", "application/json");
        for (int i = 0; i < 88; i++) {
            headers = headers.with("x-header-" + i, "v");
        }
        String listener = Row.name(NEWEST, MODES.getFirst(), EnvoyBootstrap.OVERRIDE_HOST);
        HttpAnswer answer = new InferenceClient(fleet.port(listener)).post(InferenceClient.CHAT, chat(400), headers);
        for (int i = 88; i < 100 && answer.status() == 200; i++) {
            headers = headers.with("x-header-" + i, "v");
            answer = new InferenceClient(fleet.port(listener)).post(InferenceClient.CHAT, chat(400), headers);
        }

        assertThat(answer.status()).isEqualTo(431);
        assertThat(answer.json().at("/error/code").textValue()).isEqualTo("headers_too_large");
    }

    @Test
    @Order(6)
    void whatIsNoJsonIsRefused() {
        String listener = Row.name(NEWEST, MODES.getFirst(), EnvoyBootstrap.OVERRIDE_HOST);
        HttpAnswer answer = new InferenceClient(fleet.port(listener))
                .post(InferenceClient.CHAT, chat(400), Headers.of("content-type", "text/plain"));

        assertThat(answer.status()).isEqualTo(415);
    }

    @Test
    @Order(7)
    void everyReleasePassesAStatusThatItDoesNotKnow() {
        List<RawExchange> running = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            running.add(begun(NEWEST + " " + HANGING));
        }
        busyAbove(0);

        for (String version : List.of("1.36.4", "1.37.0", "1.38.3", "1.39.3", NEWEST)) {
            HttpAnswer answer = post(version + " " + HANGING, InferenceClient.CHAT, chat(400));
            assertThat(answer.status()).as(version).isEqualTo(529);
        }
        hanging.finish();
        running.forEach(RawExchange::rest);
        running.forEach(RawExchange::close);
        busyAbove(1);
    }

    @Test
    @Order(8)
    void aBodyThatDoesNotFitIsPassedWholeAndDecidedByLoadAlone() {
        String id = UUID.randomUUID().toString();
        byte[] body = chat(100_000);
        HttpAnswer answer = post(NEWEST + " " + SMALL, InferenceClient.CHAT, body, "x-request-id", id);

        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        Recorded recorded = arrived(id);
        assertWhole(body, recorded);
        assertThat(recorded.headers().all("x-dynamo-worker-instance-id")).hasSize(1);
    }

    @ParameterizedTest
    @FieldSource("STREAMED_RESPONSES")
    @Order(9)
    void trailersOfAResponsePass(String mode) {
        try (RawExchange exchange = begun(NEWEST + " " + HANGING + " " + mode)) {
            hanging.finish();
            assertThat(exchange.rest()).endsWith("data: 2\r\n0\r\n" + HangingUpstream.TRAILER + "\r\n\r\n");
        }
    }

    /// In full duplex a body part that the picker has not sent back is gone, so Envoy breaks the answer
    /// off.
    @Test
    @Order(10)
    void anAnswerOutlivesAKilledPickerWhereTheGatewayFailsOpenAndKeepsTheBody() {
        Map<String, RawExchange> running = begunInEveryMode(HANGING);
        fleet.killPicker(HANGING);
        hanging.finish();

        assertThat(running.get("STREAMED").rest()).contains("data: 2").contains(HangingUpstream.TRAILER);
        assertThat(running.get("FULL_DUPLEX_STREAMED").rest()).isEmpty();
        running.values().forEach(RawExchange::close);
    }

    @Test
    @Order(11)
    void anAnswerOutlivesAPickerThatStopsWhereverTheGatewayGoesOn() {
        Map<String, RawExchange> running = begunInEveryMode(STOPPING);
        fleet.stopPicker(STOPPING);
        hanging.finish();

        running.forEach((mode, exchange) -> {
            assertThat(exchange.rest()).as(mode).contains("data: 2").contains(HangingUpstream.TRAILER);
            exchange.close();
        });
    }

    private Map<String, RawExchange> begunInEveryMode(String picker) {
        Map<String, RawExchange> running = new LinkedHashMap<>();
        STREAMED_RESPONSES.forEach(mode -> running.put(mode, begun(NEWEST + " " + picker + " " + mode)));
        return running;
    }

    /// From which share of its blocks in use a worker is overloaded.
    private void busyAbove(int threshold) {
        HttpAnswer answer = fleet.admin(HANGING)
                .post(
                        "/busy_threshold",
                        "{\"model\":\"" + deployment.model() + "\",\"active_decode_blocks_threshold\":" + threshold
                                + "}");
        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
    }

    /// A request whose answer has begun.
    private RawExchange begun(String listener) {
        byte[] body = chat(400);
        RawExchange exchange = new RawExchange(fleet.port(listener));
        exchange.head(
                        "POST",
                        InferenceClient.CHAT,
                        Headers.of(
                                "host",
                                "x",
                                "connection",
                                "close",
                                "content-type",
                                "application/json",
                                "content-length",
                                Integer.toString(body.length)))
                .write(body);
        exchange.awaitLine("data: 1");
        return exchange;
    }

    private HttpAnswer post(String listener, String path, byte[] body, String... headers) {
        Headers all = Headers.of("content-type", "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            all = all.with(headers[i], headers[i + 1]);
        }
        return new InferenceClient(fleet.port(listener)).post(path, body, all);
    }

    private Recorded arrived(String id) {
        RecordingUpstream upstream = first.saw(id) ? first : second;
        Recorded recorded = upstream.request(id);
        assertThat(recorded.headers().all("x-gateway-destination-endpoint"))
                .as("the destination is where it arrived")
                .containsExactly(endpoint(upstream.port()));
        return recorded;
    }

    private static void assertWhole(byte[] sent, Recorded recorded) {
        byte[] received = recorded.body();
        assertThat(received.length).as("bytes received").isEqualTo(sent.length);
        assertThat(Arrays.mismatch(sent, received))
                .as("first byte that differs")
                .isNegative();
    }

    private static void assertSpliced(byte[] sent, Recorded recorded) {
        byte[] received = recorded.body();
        int same = Arrays.mismatch(sent, received);
        int added = received.length - sent.length;
        assertThat(added).as("bytes added").isPositive();
        assertThat(Arrays.equals(sent, same, sent.length, received, same + added, received.length))
                .as("the bytes after byte %d are the client's", same)
                .isTrue();
        assertThat(Json.read(recorded.text()).at("/nvext/token_data").isArray()).isTrue();
    }

    private byte[] chat(int bytes) {
        String words = Prompts.text(bytes, bytes / 7 + 1);
        ObjectNode chat = Prompts.chat(deployment.model(), 4, "s", words.substring(0, Math.min(words.length(), bytes)));
        return chat.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] random(int bytes) {
        byte[] body = new byte[bytes];
        new Random(bytes).nextBytes(body);
        return body;
    }

    private void startPicker(String name, int frontendPort, String... flags) {
        List<String> all = new ArrayList<>(List.of("--long-prompts", "route"));
        all.addAll(List.of(flags));
        fleet.startPicker(
                new GatewaySettings(name, deployment.stack().discovery().path(), frontendPort, all));
    }

    private void startEnvoy(String version, Path binary, int dead) throws IOException {
        boolean tellsServed = !version.startsWith("1.36") && !version.startsWith("1.37");
        EnvoyFleet.Listeners listeners =
                fleet.listeners(new EnvoyBootstrap(List.of(first.port(), second.port(), dead), tellsServed), DOWN);
        rows().filter(row -> row.version().equals(version))
                .forEach(row -> listeners.add(row.listener(), row.cluster(), row.asking()));
        listeners.add(version + " " + HANGING, EnvoyBootstrap.TRAILERS, Asking.fullDuplex(HANGING));
        if (version.equals(NEWEST)) {
            newestAlone(listeners);
        }
        fleet.startEnvoy(version, binary, listeners);
    }

    private static void newestAlone(EnvoyFleet.Listeners listeners) {
        listeners.add(NEWEST + " " + LISTED, EnvoyBootstrap.OVERRIDE_HOST, Asking.fullDuplex(LISTED));
        listeners.add(
                NEWEST + " chain", EnvoyBootstrap.ORIGINAL_DST, Asking.fullDuplex(ISTIO), Asking.fullDuplex(ISTIO));
        for (String picker : List.of(DOWN, NOT_READY)) {
            Asking asking = Asking.fullDuplex(picker);
            listeners.add(NEWEST + " " + picker + " open", EnvoyBootstrap.OVERRIDE_HOST, asking.failingOpen());
            listeners.add(NEWEST + " " + picker, EnvoyBootstrap.OVERRIDE_HOST, asking);
        }
        listeners.add(NEWEST + " " + SMALL, EnvoyBootstrap.ORIGINAL_DST, 32 << 10, PARTIAL);
        for (String mode : STREAMED_RESPONSES) {
            Asking open = new Asking(HANGING, mode, mode, false, true);
            listeners.add(NEWEST + " " + HANGING + " " + mode, EnvoyBootstrap.TRAILERS, open);
            Asking closed = new Asking(STOPPING, mode, mode, false, false);
            listeners.add(NEWEST + " " + STOPPING + " " + mode, EnvoyBootstrap.TRAILERS, closed);
        }
    }

    private static String endpoint(int port) {
        return "127.0.0.1:" + port;
    }
}
