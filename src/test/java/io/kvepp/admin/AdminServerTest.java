package io.kvepp.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickExplanation.Candidate;
import io.kvepp.picker.PickExplanation.Choice;
import io.kvepp.picker.PickerInspection.ModelRow;
import io.kvepp.picker.PickerInspection.WorkerRow;
import io.kvepp.testing.FixedInspection;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final BusyThresholds NO_THRESHOLDS = new BusyThresholds() {
        @Override
        public List<Row> all() {
            return List.of();
        }

        @Override
        public Row of(String model) {
            return new Row(model, null, null, null);
        }

        @Override
        public Optional<Row> change(Row changes) {
            return Optional.empty();
        }
    };

    private final EppMetrics metrics = new EppMetrics();
    private final FixedInspection inspection = new FixedInspection(
            List.of(pick("a b/ä+c"), pick("plain")),
            List.of(new ModelRow("m", "failed", "tokenizer.json: not found")),
            List.of(
                    new WorkerRow("18446744073709551615", 1, "DECODE", "m", 2, 3, 4),
                    new WorkerRow("7", 0, "PREFILL", "m", 0, 0, 0)),
            5);
    private final HttpClient http = HttpClient.newHttpClient();
    private final AdminServer server;
    private volatile boolean ready;
    private volatile boolean broken;
    private volatile CountDownLatch dumpMayEnd = new CountDownLatch(0);
    private final CountDownLatch dumpBegan = new CountDownLatch(1);

    AdminServerTest() throws IOException {
        server = new AdminServer(
                new AdminConfig("127.0.0.1", 0, false, false, false),
                new AdminSources(
                        metrics,
                        inspection,
                        this::readiness,
                        () -> List.of(new EventSourceRow("18446744073709551615", 1, true, "live", 42, 6)),
                        this::dump,
                        NO_THRESHOLDS));
    }

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void close() {
        http.close();
        server.close();
        metrics.close();
    }

    @Test
    void metricsAreTheScrape() throws Exception {
        metrics.request("routed");
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(contentType(response)).startsWith("text/plain; version=0.0.4");
        assertThat(response.body()).contains("kv_epp_requests_total{outcome=\"routed\"} 1.0");
    }

    @Test
    void healthIsOkWhileTheProcessLives() throws Exception {
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(get("/healthz").body()).isEqualTo("ok\n");
    }

    @Test
    void readinessIsAStatusAndItsConditionsInOrder() throws Exception {
        HttpResponse<String> before = get("/readyz");
        ready = true;

        assertThat(before.statusCode()).isEqualTo(503);
        assertThat(contentType(before)).isEqualTo("application/json");
        assertThat(JSON.readTree(before.body()))
                .hasToString("{\"ready\":false,\"conditions\":{\"z\":true,\"y\":false,\"x\":true,\"a\":false}}");
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(get("/readyz").body()).get("ready").asBoolean())
                .isTrue();
    }

    @Test
    void workersAreJoinedWithTheirEventSources() throws Exception {
        assertThat(json("/workers")).isEqualTo(JSON.readTree("""
                                {"ready": false,
                                 "models": [{"name": "m", "state": "failed", "reason": "tokenizer.json: not found"}],
                                 "workers": [
                                   {"workerId": "18446744073709551615", "dpRank": 1, "role": "DECODE", "model": "m",
                                    "activeRequests": 2, "activePrefillTokens": 3, "activeDecodeBlocks": 4,
                                    "connected": true, "eventState": "live", "lastEventId": 42, "gaps": 6},
                                   {"workerId": "7", "dpRank": 0, "role": "PREFILL", "model": "m",
                                    "activeRequests": 0, "activePrefillTokens": 0, "activeDecodeBlocks": 0,
                                    "connected": null, "eventState": null, "lastEventId": null, "gaps": null}],
                                 "bookings": 5}
                                """));
    }

    @Test
    void picksAreListedNewestFirst() throws Exception {
        assertThat(json("/picks").findValuesAsText("requestId")).containsExactly("a b/ä+c", "plain");
    }

    @Test
    void aPickIsShownWithItsChoicesAndCandidates() throws Exception {
        assertThat(json("/picks/plain")).isEqualTo(JSON.readTree("""
                                {"requestId": "plain", "model": "m", "promptTokens": 64, "blockSize": 16,
                                 "mode": "aggregated", "why": "longest prefix",
                                 "decode": {"workerId": "9", "dpRank": 1, "overlapBlocks": 3, "cost": 1.5},
                                 "prefill": null,
                                 "rules": [],
                                 "candidates": [{"workerId": "9", "dpRank": 1, "role": "AGGREGATED",
                                                 "overlapBlocks": 3, "cost": 1.5, "key": 1.5,
                                                 "prefillBlocks": 4.0, "creditBlocks": 3.0,
                                                 "activeBlocks": 0.5, "activeRequests": 0,
                                                 "multiplier": 1.0}]}
                                """));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/picks/a%20b%2F%C3%A4%2Bc", "/picks/a%20b/%c3%a4+c", "/picks/plain?pretty"})
    void aPickIsFoundByItsEncodedId(String path) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(200);
    }

    @Test
    void picksAreFilteredByNumberAndByRequestId() throws Exception {
        assertThat(json("/picks?count=1").findValuesAsText("requestId")).containsExactly("a b/ä+c");
        assertThat(json("/picks?request-id=plain").get("requestId").textValue()).isEqualTo("plain");
        assertThat(get("/picks?request-id=other").statusCode()).isEqualTo(404);
        assertThat(get("/picks?count=x").statusCode()).isEqualTo(400);
        assertThat(get("/picks?count=x").body())
                .isEqualTo("query: unknown (expected: count=NUMBER or request-id=ID)\n");
    }

    @Test
    void aPickNobodyKeepsIsNotFound() throws Exception {
        assertThat(get("/picks/other").statusCode()).isEqualTo(404);
        assertThat(get("/picks/other").body()).isEqualTo("pick: not found among the recent ones\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metric", "/metrics/", "/healthz/x", "/picksy"})
    void anyOtherPathIsAnsweredWithTheOnesThatExist(String path) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(404);
        assertThat(get(path).body())
                .isEqualTo("path: unknown (expected: /metrics, /healthz, /readyz, /workers, /picks, /picks/ID, /dump"
                        + " or /busy_threshold)\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE"})
    void onlyGetIsAnswered(String method) throws Exception {
        HttpResponse<String> response = send(HttpRequest.newBuilder(uri("/healthz"))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.body()).isEqualTo("method: " + method + " (expected: GET)\n");
    }

    @Test
    void aPageThatFailsIsAnsweredToo() throws Exception {
        broken = true;

        assertThat(get("/readyz").statusCode()).isEqualTo(500);
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (AdminServer second = new AdminServer(
                new AdminConfig("127.0.0.1", server.port(), false, false, false),
                new AdminSources(metrics, inspection, this::readiness, List::of, this::dump, NO_THRESHOLDS))) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("admin-port: 127.0.0.1:" + server.port() + " (expected: a free port)");
        }
    }

    @Test
    void theDumpComesPieceByPiece() throws Exception {
        HttpResponse<String> response = get("/dump");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(contentType(response)).isEqualTo("application/json");
        assertThat(response.headers().firstValue("transfer-encoding")).contains("chunked");
        assertThat(response.body()).isEqualTo("{\"m:default\":{}}");
    }

    @Test
    void aSecondDumpAtTheSameTimeIsRefused() throws Exception {
        dumpMayEnd = new CountDownLatch(1);
        var first = http.sendAsync(HttpRequest.newBuilder(uri("/dump")).build(), HttpResponse.BodyHandlers.ofString());
        dumpBegan.await();
        HttpResponse<String> second = get("/dump");
        dumpMayEnd.countDown();

        assertThat(second.statusCode()).isEqualTo(503);
        assertThat(second.body()).isEqualTo("dumps: 1 under way (expected: none)\n");
        assertThat(first.get().statusCode()).isEqualTo(200);
        assertThat(get("/dump").statusCode()).isEqualTo(200);
    }

    @Test
    void aDumpThatFailsDoesNotLookCompleteAndMakesRoomForTheNext() throws Exception {
        broken = true;
        assertThatThrownBy(() -> get("/dump")).isInstanceOf(IOException.class);
        broken = false;
        assertThat(get("/dump").body()).endsWith("}");
    }

    private void dump(OutputStream out) throws IOException {
        out.write('{');
        dumpBegan.countDown();
        if (broken) {
            throw new IllegalStateException("broken");
        }
        try {
            dumpMayEnd.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.write("\"m:default\":{}}".getBytes(StandardCharsets.UTF_8));
    }

    private ReadinessReport readiness() {
        if (broken) {
            throw new IllegalStateException("broken");
        }
        Map<String, Boolean> conditions = new LinkedHashMap<>();
        conditions.put("z", true);
        conditions.put("y", ready);
        conditions.put("x", true);
        conditions.put("a", ready);
        return new ReadinessReport(ready, conditions);
    }

    private static PickExplanation pick(String requestId) {
        return new PickExplanation(
                requestId,
                "m",
                64,
                16,
                "aggregated",
                "longest prefix",
                new Choice("9", 1, 3, 1.5),
                null,
                List.of(),
                List.of(new Candidate("9", 1, "AGGREGATED", 3, 1.5, 1.5, 4, 3, 0.5, 0, 1)));
    }

    private JsonNode json(String path) throws Exception {
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(contentType(response)).isEqualTo("application/json");
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private static String contentType(HttpResponse<String> response) {
        return response.headers().firstValue("content-type").orElse("");
    }
}
