package io.kvepp.routerservice.http;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The selection API as its callers see it.
class SelectionServerTest {
    private static final String MODEL = "my-model";
    private static final int[] PROMPT = tokens(100, 2 * BLOCK + 8);
    private static final String POOL = "\"model_name\": \"my-model\"";
    private static final String IDS = POOL + ", \"token_ids\": " + Arrays.toString(PROMPT);
    private static final String DUMPED = "{\"my-model:default\": {\"block_size\": 16, \"events\": []}}";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final SelectionFleet fleet = new SelectionFleet(
            ModelCards.aggregated(MODEL).on(1),
            ModelCards.aggregated(MODEL).ranks(0, 2).taints("b", "a").on(-1));
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private volatile SelectionServer.IndexDump dump = out -> out.write(DUMPED.getBytes(StandardCharsets.UTF_8));
    private volatile boolean mayDump = true;
    private SelectionServer server;

    @BeforeEach
    void start() throws IOException {
        server = new SelectionServer(
                new SelectionHttpConfig("127.0.0.1", 0),
                fleet.service,
                new SelectionServer.Workers(fleet::workers, null),
                new SelectionServer.Dump(out -> dump.writeTo(out), _ -> mayDump),
                () -> "made-here");
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
        fleet.close();
    }

    @Test
    void aChoiceTellsWhereAndWhatIsHeldThere() throws Exception {
        fleet.hold(-1, 1, StorageTier.DEVICE, PROMPT, 1);
        fleet.hold(-1, 1, StorageTier.HOST_PINNED, PROMPT, 2);

        assertThat(post("/select", "{" + IDS + ", \"advisory\": true, \"selection_id\": \"s\"}"))
                .isEqualTo(json("""
                        {"selection_id": "s", "model_name": "my-model", "routing_group": "default",
                         "worker_id": 18446744073709551615, "dp_rank": 1,
                         "endpoint": "dyn://dynamo.worker.generate", "block_size": 16,
                         "overlap": {"longest_matched": 32, "gpu": 16, "dp": {"0": 0, "1": 16},
                                     "cpu": 32, "disk": 32},
                         "effective_prefill_tokens": 12, "potential_decode_blocks": 3,
                         "worker_load": {"active_prefill_tokens": 0, "prefill_token_capacity": 10000000}}
                        """));
    }

    @Test
    void aReservationLivesAndEnds() throws Exception {
        JsonNode reserved = post("/select_and_reserve", "{" + IDS + "}");

        assertThat(reserved.path("selection_id").textValue()).isEqualTo("made-here");
        assertThat(reserved.path("sequence_hashes")).hasSize(2);
        assertThat(reserved.path("isl_tokens").intValue()).isEqualTo(PROMPT.length);
        assertThat(reserved.path("track_prefill_tokens").booleanValue()).isTrue();
        assertThat(status("POST", "/select_and_reserve", "{" + IDS + ", \"selection_id\": \"made-here\"}"))
                .isEqualTo(409);
        assertThat(status("POST", "/reservations/made-here/prefill_complete", null))
                .isEqualTo(200);
        assertThat(status("POST", "/reservations/made-here/output_block", "{}")).isEqualTo(200);
        assertThat(total("potential_prefill_tokens")).isZero();
        assertThat(total("potential_decode_blocks")).isEqualTo(3);
        assertThat(status("DELETE", "/reservations/made-here", null)).isEqualTo(200);
        assertThat(status("DELETE", "/reservations/made-here", null)).isEqualTo(404);
        assertThat(total("active_requests")).isZero();
    }

    @Test
    void anEarlierChoiceIsReservedByItsId() throws Exception {
        post("/select", "{" + IDS + ", \"selection_id\": \"a b/c\"}");

        assertThat(status("POST", "/reservations", "{" + POOL + ", \"selection_id\": \"a b/c\"}"))
                .isEqualTo(201);
        assertThat(status("POST", "/reservations", "{" + POOL + ", \"selection_id\": \"a b/c\"}"))
                .isEqualTo(404);
        assertThat(status("DELETE", "/reservations/a%20b%2Fc", null)).isEqualTo(200);
    }

    @Test
    void loadsAndWorkersAreThoseOfThePoolsAskedFor() throws Exception {
        assertThat(get("/loads?model_name=my-model&routing_group=default")).hasSize(1);
        assertThat(get("/loads?model_name=other")).isEmpty();
        assertThat(get("/workers?routing_group=prefill")).isEmpty();
        assertThat(get("/workers").get(1)).isEqualTo(json("""
                {"worker_id": 18446744073709551615, "model_name": "my-model", "routing_group": "default",
                 "lifecycle": "schedulable", "endpoint": "dyn://dynamo.worker.generate",
                 "kv_events_endpoint": null, "replay_endpoint": null, "block_size": 16,
                 "data_parallel_start_rank": 0, "data_parallel_size": 2, "max_num_batched_tokens": null,
                 "total_kv_blocks": null, "stable_routing_id": null, "is_eagle": false, "taints": ["a", "b"],
                 "topology_domains": {}, "kv_transfer_domain": null, "kv_transfer_enforcement": null,
                 "kv_transfer_preferred_weight": null}
                """));
    }

    @Test
    void itIsReadyWhileThereIsAWorker() throws Exception {
        assertThat(status("GET", "/ready", null)).isEqualTo(200);
        assertThat(get("/ready").path("schedulable_workers").intValue()).isEqualTo(2);

        fleet.serve();

        assertThat(status("GET", "/ready", null)).isEqualTo(503);
        assertThat(status("GET", "/health", null)).isEqualTo(200);
        assertThat(status("POST", "/select", "{" + IDS + "}")).isEqualTo(503);
    }

    /// Statuses as `python -m dynamo.select_service` 1.6.1 gives them.
    @ParameterizedTest(name = "{0} {1} {2} -> {3} {4}")
    @CsvSource(delimiter = ';', quoteCharacter = '^', textBlock = """
            POST; /select; {; 400; body
            POST; /select; ^^; 400; body: empty
            POST; /select; []; 422; body
            POST; /select; {"token_ids": [1]} x; 400; body
            POST; /select; {"token_ids": "abc"}; 422; token_ids: abc
            POST; /select; {"token_ids": [1, -1]}; 422; token_ids[1]: -1
            POST; /select; {"token_ids": [1.5]}; 422; token_ids[0]: 1.5
            POST; /select; {"token_ids": [4294967296]}; 422; token_ids[0]: 4294967296
            POST; /select; {}; 400; block_hashes: none
            POST; /select; {"block_hashes": [1, -2], "isl_tokens": 5}; 400; sequence_hashes: none
            POST; /select; {"block_hashes": [1], "sequence_hashes": [1]}; 400; isl_tokens: none
            POST; /select; {"block_hashes": [1], "sequence_hashes": [1], "isl_tokens": 0}; 400; isl_tokens: 0
            POST; /select; {"block_hashes": [1], "sequence_hashes": [1], "isl_tokens": -3}; 422; isl_tokens: -3
            POST; /select; {"model_name": 3, "token_ids": [1]}; 422; model_name: 3
            POST; /select; {"model_name": "?", "token_ids": [1]}; 503; model=?
            POST; /select; {"token_ids": [1], "pinned_worker": {"worker_id": 2}}; 422; pinned_worker.dp_rank
            POST; /select; {"token_ids": [1], "pinned_worker": {"worker_id": -2}}; 422; pinned_worker.worker_id
            POST; /select; {"token_ids": [1], "router_config_override": {"router_temperature": -1}}; 422; router_config_override
            POST; /select; {"token_ids": [1], "block_mm_infos": [{}]}; 400; block_mm_infos
            POST; /reservations; {}; 422; selection_id: none
            POST; /reservations; {"selection_id": "?"}; 404; selection_id: ?
            POST; /reservations; {"selection_id": "?", "worker_id": 77, "token_ids": [1]}; 503; model=default
            POST; /reservations/x/output_block; {"decay_fraction": 1.5}; 400; decay_fraction: 1.5
            POST; /reservations/x/output_block; {}; 404; reservation: x
            POST; /replica_sync/register_peer; {"endpoint": "tcp://h:1"}; 409; peer: tcp://h:1
            POST; /replica_sync/deregister_peer; {"endpoint": "tcp://h:1"}; 409; peer: tcp://h:1
            POST; /replica_sync/register_peer; {}; 422; endpoint: none
            POST; /replica_sync/peers; {}; 405; method
            POST; /replica_sync/nope; {}; 404; path
            POST; /dump; {}; 405; method
            GET; /select; ^^; 405; method
            PUT; /workers; {}; 405; method
            GET; /nope; ^^; 404; path
            """)
    void faultsAreToldByFieldAndStatus(String method, String path, String body, int status, String message)
            throws Exception {
        HttpResponse<String> response = send(method, path, method.equals("GET") ? null : body, "application/json");

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(json(response.body()).path("error").textValue()).startsWith(message);
    }

    @Test
    void onlyJsonIsReadAndNotTooMuchOfIt() throws Exception {
        assertThat(send("POST", "/select", "{" + IDS + "}", "text/plain").statusCode())
                .isEqualTo(415);
        String large = " ".repeat(SelectionServer.BODY_BYTES_MAX + 1);
        assertThat(send("POST", "/select", large, "application/json").statusCode())
                .isEqualTo(413);
    }

    @Test
    void requestsBeyondTheLimitAreRefused() throws Exception {
        try (SelectionServer full = new SelectionServer(
                new SelectionHttpConfig("127.0.0.1", 0),
                fleet.service,
                new SelectionServer.Workers(fleet::workers, null),
                new SelectionServer.Dump(out -> dump.writeTo(out), _ -> mayDump),
                () -> "id",
                0)) {
            full.start();
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + full.port() + "/loads"))
                    .timeout(LIMIT)
                    .build();

            assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(503);
        }
    }

    @Test
    void thereAreNoPeers() throws Exception {
        HttpResponse<String> peers = send("GET", "/replica_sync/peers", null, "application/json");

        assertThat(peers.statusCode()).isEqualTo(200);
        assertThat(peers.body()).isEqualTo("[]");
    }

    @Test
    void theIndexIsToldToThoseWhoMayKnowIt() throws Exception {
        HttpResponse<String> told = send("GET", "/dump", null, "application/json");
        assertThat(told.statusCode()).isEqualTo(200);
        assertThat(told.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(told.body()).isEqualTo(DUMPED);
        assertThat(send("HEAD", "/dump", null, "application/json").body()).isEmpty();

        mayDump = false;
        HttpResponse<String> refused = send("GET", "/dump", null, "application/json");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).isEqualTo("""
                {"error":"client: another machine (expected: this one, or --dump-remote)"}""");
    }

    @Test
    void oneDumpIsWrittenAtATime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        SelectionServer.IndexDump quick = dump;
        dump = out -> {
            begun.countDown();
            try {
                assertThat(goOn.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            quick.writeTo(out);
        };
        var first = client.sendAsync(request("/dump"), BodyHandlers.ofString());
        assertThat(begun.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(status("GET", "/dump", null)).isEqualTo(503);

        goOn.countDown();
        assertThat(first.get(LIMIT.toSeconds(), TimeUnit.SECONDS).body()).isEqualTo(DUMPED);
        assertThat(status("GET", "/dump", null)).isEqualTo(200);
    }

    @Test
    void aDumpThatFailsDoesNotLookComplete() throws Exception {
        SelectionServer.IndexDump whole = dump;
        for (Exception failure : List.of(new IOException("gone"), new IllegalStateException("broken"))) {
            dump = out -> {
                out.write("{}".getBytes(StandardCharsets.UTF_8));
                out.flush();
                if (failure instanceof IOException gone) {
                    throw gone;
                }
                throw new IllegalStateException(failure);
            };
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> client.send(request("/dump"), BodyHandlers.ofString()));
        }
        dump = whole;
        assertThat(status("GET", "/dump", null)).isEqualTo(200);
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(LIMIT)
                .build();
    }

    @Test
    void theExamplesOfTheReadmeRun() throws Exception {
        List<String> examples = Files.readString(Path.of("README.md"))
                .lines()
                .dropWhile(line -> !line.equals("<!-- selection -->"))
                .skip(2)
                .takeWhile(line -> line.startsWith("curl "))
                .toList();
        assertThat(examples).hasSizeGreaterThan(5);
        for (String example : examples) {
            Process curl = new ProcessBuilder("bash", "-c", example.replace("9094", String.valueOf(server.port())))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(curl.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as(example)
                    .isTrue();
            assertThat(curl.exitValue()).as(example + ": " + output).isZero();
            assertThat(json(output)).as(example).isNotEmpty();
        }
        assertThat(total("active_requests")).isZero();
    }

    @Test
    void itIsOffUnlessAPortIsGiven() {
        assertThat(SelectionHttpConfig.from(Options.defaults(), "h")).isEqualTo(new SelectionHttpConfig("h", -1));
        assertThat(SelectionHttpConfig.from(Options.defaults(), "h").isOn()).isFalse();
        Options given = new Options(Map.of("selection-port", List.of("9094")), Map.of());
        assertThat(SelectionHttpConfig.from(given, "h")).isEqualTo(new SelectionHttpConfig("h", 9094));
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> new SelectionHttpConfig("h", 70_000))
                .withMessage("selection-port: 70000 (expected: -1 to 65535)");
    }

    private int total(String field) throws Exception {
        int total = 0;
        for (JsonNode rank : get("/loads").get(0).path("loads")) {
            total += rank.path(field).intValue();
        }
        return total;
    }

    private JsonNode post(String path, String body) throws Exception {
        HttpResponse<String> response = send("POST", path, body, "application/json");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response.body());
    }

    private JsonNode get(String path) throws Exception {
        return json(send("GET", path, null, "application/json").body());
    }

    private int status(String method, String path, String body) throws Exception {
        return send(method, path, body, "application/json").statusCode();
    }

    private HttpResponse<String> send(String method, String path, String body, String type) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(LIMIT)
                .header("content-type", type)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }
}
