package io.kvepp.it.select;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Workers are registered with `kv-epp router` as with Dynamo's selection service: the same statuses
/// and bodies, the same caches and loads behind them.
///
/// Texts of errors are each side's own; of what a worker lacks the number of things is compared.
@ExtendWith(Deployments.class)
class WorkerRegistrationIT {
    private static final int BLOCK = 16;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String ONE = "/workers/1";
    private static final String TWO = "/workers/2";

    private final Processes processes = new Processes(Project.logs().resolve("worker-registration"));
    private final RawEngine one = new RawEngine();
    private final RawEngine first = new RawEngine(0);
    private final RawEngine second = new RawEngine(1);
    private final Random random = new Random(4);
    private final List<String> differences = new ArrayList<>();
    private final SelectionClient ours;
    private final SelectionClient theirs;

    WorkerRegistrationIT(RealParts parts) {
        theirs = new SelectService("registration", processes, parts, Map.of()).client();
        ours = new SelectionRouter("router-registered", processes).client();
    }

    @AfterEach
    void stop() {
        processes.close();
        one.close();
        first.close();
        second.close();
    }

    @Test
    void aWorkerIsRegisteredChangedAndRemovedAsWithDynamo() throws IOException {
        sameState();
        same("POST", "/workers", "{\"worker_id\": 1}");
        sameState();
        same("POST", "/workers", worker(1, one));
        same("PATCH", ONE, """
                {"total_kv_blocks": 100, "taints": ["b", "a"], "topology_domains": {"zone": "x"},
                 "kv_transfer_domain": "zone", "kv_transfer_enforcement": "required",
                 "kv_transfer_preferred_weight": 0.5, "stable_routing_id": "r", "max_num_batched_tokens": 512,
                 "is_eagle": null, "model_name": "passed over"}""");
        same("POST", "/workers", twoRanks());
        same(
                "POST",
                "/workers",
                "{\"worker_id\": 3, \"endpoint\": \"e\", \"block_size\": 32, \"routing_group\": \"g\","
                        + " \"kv_events_endpoint\": \"tcp://127.0.0.1:9\"}");
        sameState();
        faultsAreTheSame();
        whatIsMissingIsTheSame();
        sameState();
        cachesAndLoadsAreTheSame();
        same("PATCH", ONE, "{\"taints\": [], \"topology_domains\": {}}");
        same("DELETE", ONE, null);
        same("DELETE", ONE, null);
        sameState();
        same("DELETE", TWO, null);
        same("DELETE", "/workers/3", null);
        sameState();
        assertThat(differences).isEmpty();
    }

    private void faultsAreTheSame() throws IOException {
        for (String body : List.of(
                "{}",
                "{\"worker_id\": -1}",
                "{\"worker_id\": \"1\"}",
                "{\"worker_id\": 9, \"block_size\": -1}",
                "{\"worker_id\": 9, \"block_size\": 1.5}",
                "{\"worker_id\": 9, \"data_parallel_size\": 5000}",
                "{\"worker_id\": 9, \"taints\": \"a\"}",
                "{\"worker_id\": 9, \"topology_domains\": {\"a\": 1}}",
                "{\"worker_id\": 9, \"kv_events_endpoints\": {\"a\": \"b\"}}",
                "{\"worker_id\": 9, \"kv_transfer_enforcement\": \"perhaps\"}",
                "{\"worker_id\": 9, \"is_eagle\": \"no\"}")) {
            same("POST", "/workers", body);
        }
        same("PATCH", "/workers/9", "{}");
        same("PATCH", "/workers/9", "{\"block_size\": \"x\"}");
        same("PATCH", "/workers/x", "{}");
        same("PATCH", ONE, "{\"taints\": 1}");
        same("PATCH", ONE, "{\"data_parallel_size\": 4097}");
        same("DELETE", "/workers/9", null);
        same("DELETE", "/workers/x", null);
        same("PUT", ONE, "{}");
        same("GET", ONE, null);
        sameState();
    }

    private void whatIsMissingIsTheSame() throws IOException {
        for (String change : List.of(
                "{\"block_size\": 0}",
                "{\"block_size\": 32}",
                "{\"block_size\": 16, \"is_eagle\": true}",
                "{\"is_eagle\": false, \"data_parallel_size\": 0}",
                "{\"data_parallel_size\": 3}",
                "{\"data_parallel_size\": 2, \"data_parallel_start_rank\": 1}",
                "{\"data_parallel_start_rank\": 0, \"kv_events_endpoints\": {}}",
                "{\"kv_events_endpoint\": \"tcp://127.0.0.1:9\"}",
                "{\"endpoint\": \"\"}",
                "{\"replay_endpoint\": \"tcp://127.0.0.1:9\"}")) {
            same("PATCH", TWO, change);
            sameState();
        }
        same("POST", "/workers", twoRanks());
        same(
                "POST",
                "/workers",
                "{\"worker_id\": 4, \"endpoint\": \"e\", \"block_size\": 16,"
                        + " \"kv_events_endpoint\": \"nonsense\"}");
        same("DELETE", "/workers/4", null);
    }

    private void cachesAndLoadsAreTheSame() throws IOException {
        BlockHasher hasher = new BlockHasher(BLOCK, null, null, false);
        int[] prompt = random.ints(5L * BLOCK + 3, 0, 50_000).toArray();
        BlockHashes hashes = hasher.hash(prompt);
        ObjectNode request = Json.object();
        ArrayNode ids = request.putArray("token_ids");
        for (int id : prompt) {
            ids.add(id);
        }
        int blocks = 2;
        for (RawEngine engine : List.of(one, first, second)) {
            int held = ++blocks;
            String what = "the events of " + engine.address();
            Await.until(what, LIMIT, () -> {
                engine.stored(prompt, hashes, held);
                return hears(ours, request, held) && hears(theirs, request, held);
            });
        }
        same("POST", "/overlap_scores", request.toString());
        for (String worker : List.of("{\"worker_id\": 1, \"dp_rank\": 0}", "{\"worker_id\": 2, \"dp_rank\": 1}")) {
            request.set("pinned_worker", Json.read(worker));
            request.put("selection_id", worker);
            same("POST", "/select_and_reserve", request.toString());
            same("GET", "/loads?routing_group=default", null);
        }
    }

    private static boolean hears(SelectionClient client, JsonNode prompt, int held) {
        for (JsonNode rank : client.call("POST", "/overlap_scores", prompt).path("workers")) {
            if (rank.path("device_blocks").intValue() == held) {
                return true;
            }
        }
        return false;
    }

    private void sameState() throws IOException {
        same("GET", "/workers", null);
        same("GET", "/workers?model_name=default&routing_group=g", null);
        same("GET", "/ready", null);
    }

    private void same(String method, String path, String body) throws IOException {
        SelectionClient.Reply here = ours.send(method, path, body == null ? null : Json.read(body));
        SelectionClient.Reply there = theirs.send(method, path, body == null ? null : Json.read(body));
        String what = method + " " + path + " " + body + ": " + here.status() + " " + here.text() + " / "
                + there.status() + " " + there.text();
        boolean told = there.status() / 100 == 2 || path.equals("/ready");
        if (here.status() != there.status() || (told && !comparable(here.json()).equals(comparable(there.json())))) {
            differences.add(what);
        }
    }

    /// Sets in order, and of what is missing the number.
    private static JsonNode comparable(JsonNode json) {
        for (JsonNode child : json) {
            comparable(child);
        }
        if (json instanceof ObjectNode object) {
            JsonNode taints = object.path("taints");
            if (taints.isArray()) {
                TreeSet<String> sorted = new TreeSet<>();
                taints.forEach(taint -> sorted.add(taint.textValue()));
                ArrayNode array = object.putArray("taints");
                sorted.forEach(array::add);
            }
            if (object.has("not_schedulable_reasons")) {
                object.put(
                        "not_schedulable_reasons",
                        object.path("not_schedulable_reasons").size());
            }
        }
        return json;
    }

    private static String worker(long id, RawEngine engine) {
        return Json.object()
                .put("worker_id", id)
                .put("endpoint", "http://127.0.0.1:1")
                .put("block_size", BLOCK)
                .put("kv_events_endpoint", engine.address())
                .toString();
    }

    private String twoRanks() {
        ObjectNode worker = Json.object()
                .put("worker_id", 2)
                .put("endpoint", "http://127.0.0.1:2")
                .put("block_size", BLOCK)
                .put("data_parallel_size", 2);
        worker.putObject("kv_events_endpoints").put("0", first.address()).put("1", second.address());
        return worker.toString();
    }
}
