package io.kvepp.it.select;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.HeldBlocks;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.kvcache.BlockHasher;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Every answer of the selection API is that of Dynamo's selection service, for the same workers,
/// events and requests.
///
/// The first worker of a tie is chosen at random on both sides: a choice must be one of the
/// cheapest, and what is booked is booked where Dynamo booked it.
@ExtendWith(Deployments.class)
class SelectionApiIT {
    private static final int BLOCK = 16;
    private static final int REQUESTS = 300;
    private static final int REQUESTS_PER_CHANGE = 5;
    private static final int RANKS = 5;
    private static final int TWO_RANKS = 4;
    private static final int PROMPTS = 12;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ADDRESS = "http://127.0.0.1:1";

    private final Processes processes = new Processes(Project.logs().resolve("selection-api"));
    private final RawEngine[] engines = new RawEngine[RANKS];
    private final BlockHasher hasher = new BlockHasher(BLOCK, null, null, false);
    private final Random random = new Random(21);
    private final List<int[]> prompts = new ArrayList<>();
    private final List<String> open = new ArrayList<>();
    private final SelectionClient ours;
    private final SelectionClient theirs;
    private int sameChoices;

    SelectionApiIT(RealParts parts) {
        theirs = new SelectService("selection-api", processes, parts, Map.of()).client();
        ours = new SelectionRouter("router-selects", processes).client();
        for (int engine = 0; engine < RANKS; engine++) {
            engines[engine] = new RawEngine(rankOf(engine));
        }
    }

    @AfterEach
    void stop() {
        processes.close();
        for (RawEngine engine : engines) {
            engine.close();
        }
    }

    @Test
    void answersAreThoseOfDynamosSelectionService() throws IOException {
        registerWorkers();
        fillCaches();
        for (int request = 0; request < REQUESTS; request++) {
            if (request % REQUESTS_PER_CHANGE == 0) {
                changeCache(random.nextInt(RANKS));
            }
            int[] tokenIds = nextPrompt();
            same("POST", "/overlap_scores", prompt(tokenIds));
            Map<String, JsonNode> projected = sameRanks("/potential_loads", prompt(tokenIds));
            compareChoices(prompt(tokenIds), projected);
            reserve("r" + request, tokenIds);
            move();
            Map<String, JsonNode> loads =
                    ranks(theirs.call("GET", "/loads", null).get(0).path("loads"));
            assertThat(ranks(ours.call("GET", "/loads", null).get(0).path("loads")))
                    .isEqualTo(loads);
        }
        assertThat(sameChoices).as("choices without a tie").isGreaterThan(REQUESTS / 2);
        assertThat(heldAsDumped(ours)).isNotEmpty().isEqualTo(heldAsDumped(theirs));
        compareFaults();
    }

    private static Set<HeldBlocks.Held> heldAsDumped(SelectionClient client) {
        JsonNode dump = client.call("GET", "/dump", null);
        assertThat(dump.fieldNames()).toIterable().containsExactly("default:default");
        assertThat(dump.at("/default:default/block_size").intValue()).isEqualTo(BLOCK);
        return HeldBlocks.of(dump, "default").all();
    }

    private void registerWorkers() {
        for (int id = 1; id < TWO_RANKS; id++) {
            same("POST", "/workers", worker(id).put("kv_events_endpoint", engines[id - 1].address()));
        }
        ObjectNode twoRanks = worker(TWO_RANKS).put("data_parallel_size", 2);
        twoRanks.putObject("kv_events_endpoints")
                .put("0", engines[RANKS - 2].address())
                .put("1", engines[RANKS - 1].address());
        same("POST", "/workers", twoRanks);
    }

    private static ObjectNode worker(int id) {
        return Json.object().put("worker_id", id).put("endpoint", ADDRESS).put("block_size", BLOCK);
    }

    /// Each rank holds the beginnings of some prompts; both sides know it.
    private void fillCaches() {
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add(tokens(100 + random.nextInt(900)));
        }
        for (int rank = 0; rank < RANKS; rank++) {
            RawEngine engine = engines[rank];
            int[] probe = tokens(BLOCK);
            String key = keyOf(rank);
            Await.until("events of rank " + rank, LIMIT, () -> {
                engine.stored(probe, hasher.hash(probe), 1);
                return bothHold(key, probe, 1);
            });
            for (int[] prompt : prompts) {
                hold(rank, prompt, random.nextInt(hasher.hash(prompt).count() + 1));
            }
            awaitAll(rank);
        }
    }

    /// A rank drops the end of a prompt, and holds more of another one. Of a prompt with a hole Dynamo
    /// forgets what comes behind it, and this index does not.
    private void changeCache(int rank) {
        int[] dropped = prompts.get(random.nextInt(PROMPTS));
        long[] hashes = hasher.hash(dropped).sequence();
        int from = random.nextInt(hashes.length);
        engines[rank].removed(Arrays.copyOfRange(hashes, from, hashes.length));
        int[] held = prompts.get(random.nextInt(PROMPTS));
        hold(rank, held, random.nextInt(hasher.hash(held).count() + 1));
        awaitAll(rank);
    }

    private void hold(int rank, int[] tokenIds, int blocks) {
        if (blocks > 0) {
            engines[rank].stored(tokenIds, hasher.hash(tokenIds), blocks);
        }
    }

    /// Returns when both sides have heard all that a rank has told.
    private void awaitAll(int rank) {
        int[] last = tokens(2 * BLOCK);
        hold(rank, last, 2);
        Await.until("the last event of rank " + rank, LIMIT, () -> bothHold(keyOf(rank), last, 2));
    }

    private boolean bothHold(String rank, int[] tokenIds, int blocks) {
        return held(theirs, rank, tokenIds) == blocks && held(ours, rank, tokenIds) == blocks;
    }

    private static int held(SelectionClient client, String rank, int[] tokenIds) {
        JsonNode workers =
                client.call("POST", "/overlap_scores", prompt(tokenIds)).path("workers");
        return ranks(workers).get(rank).path("device_blocks").intValue();
    }

    private static String keyOf(int engine) {
        return Math.min(engine + 1, TWO_RANKS) + ":" + rankOf(engine);
    }

    /// The data-parallel rank of an engine: the last two are ranks of one worker.
    private static int rankOf(int engine) {
        return Math.max(0, engine + 1 - TWO_RANKS);
    }

    /// Both choose one of the cheapest, and say the same of the same choice.
    private void compareChoices(ObjectNode prompt, Map<String, JsonNode> projected) {
        JsonNode chosenHere = ours.call("POST", "/select", prompt.deepCopy().put("advisory", true));
        JsonNode chosenThere = theirs.call("POST", "/select", prompt.deepCopy().put("advisory", true));
        double least = projected.values().stream()
                .mapToDouble(SelectionApiIT::cost)
                .min()
                .orElseThrow();
        assertThat(cost(projected.get(key(chosenHere)))).as("ours").isEqualTo(least);
        assertThat(cost(projected.get(key(chosenThere)))).as("theirs").isEqualTo(least);
        if (key(chosenHere).equals(key(chosenThere))) {
            sameChoices++;
            assertThat(chosenHere).isEqualTo(chosenThere);
        }
        ObjectNode pinned = prompt.deepCopy();
        pin(pinned, chosenThere);
        same("POST", "/select", pinned);
    }

    /// Books in one of the three ways there are.
    private void reserve(String id, int[] tokenIds) {
        ObjectNode request = prompt(tokenIds).put("selection_id", id);
        switch (random.nextInt(4)) {
            case 0 -> {
                JsonNode chosen = theirs.call("POST", "/select", request);
                pin(request, chosen);
                same("POST", "/select", request);
                same("POST", "/reservations", Json.object().put("selection_id", id));
            }
            case 1 -> {
                long[] hashes = hasher.hash(tokenIds).sequence();
                ObjectNode explicit = Json.object()
                        .put("selection_id", id)
                        .put("worker_id", TWO_RANKS)
                        .put("dp_rank", 1)
                        .put("isl_tokens", tokenIds.length)
                        .put("effective_prefill_tokens", random.nextInt(tokenIds.length + 1));
                var array = explicit.putArray("sequence_hashes");
                Arrays.stream(hashes).forEach(array::add);
                same("POST", "/reservations", explicit);
            }
            default -> {
                JsonNode there = theirs.call("POST", "/select_and_reserve", request);
                pin(request, there);
                assertThat(ours.call("POST", "/select_and_reserve", request)).isEqualTo(there);
            }
        }
        open.add(id);
    }

    private static void pin(ObjectNode request, JsonNode chosen) {
        request.putObject("pinned_worker")
                .put("worker_id", chosen.path("worker_id").longValue())
                .put("dp_rank", chosen.path("dp_rank").intValue());
    }

    private void move() throws IOException {
        String id = open.get(random.nextInt(open.size()));
        switch (random.nextInt(5)) {
            case 0 -> {}
            case 1 -> same("POST", "/reservations/" + id + "/prefill_complete", null);
            case 2 -> same("POST", "/reservations/" + id + "/output_block", outputBlock());
            default -> {
                same("DELETE", "/reservations/" + id, null);
                sameStatus("DELETE", "/reservations/" + id, null);
                open.remove(id);
            }
        }
    }

    private ObjectNode outputBlock() {
        ObjectNode block = Json.object();
        return random.nextBoolean() ? block : block.put("decay_fraction", random.nextDouble());
    }

    private void compareFaults() throws IOException {
        ObjectNode known = prompt(tokens(40));
        String id = open.isEmpty() ? "none" : open.getFirst();
        sameStatus("POST", "/select_and_reserve", known.deepCopy().put("selection_id", id));
        sameStatus("POST", "/select", known.deepCopy().put("model_name", "nope"));
        sameStatus("POST", "/select", known.deepCopy().put("routing_group", "nope"));
        for (String field : List.of(
                "\"allowed_worker_ids\": [99]",
                "\"allowed_worker_ids\": []",
                "\"pinned_worker\": {\"worker_id\": 99, \"dp_rank\": 0}",
                "\"pinned_worker\": {\"worker_id\": 2, \"dp_rank\": 7}",
                "\"pinned_worker\": {\"worker_id\": 2}",
                "\"pinned_worker\": {\"worker_id\": 2, \"dp_rank\": 0}, \"allowed_worker_ids\": [1]",
                "\"routing_constraints\": {\"required_taints\": [\"zz\"]}",
                "\"router_config_override\": {\"overlap_score_credit\": -1}",
                "\"router_config_override\": {\"unknown\": -1}",
                "\"isl_tokens\": -3",
                "\"selection_id\": 5")) {
            sameStatus("POST", "/select", Json.read("{\"token_ids\": [1, 2, 3], " + field + "}"));
        }
        for (String body : List.of(
                "[]",
                "{}",
                "{\"token_ids\": \"abc\"}",
                "{\"token_ids\": [-1]}",
                "{\"token_ids\": [1.5]}",
                "{\"block_hashes\": [1], \"sequence_hashes\": [1]}",
                "{\"block_hashes\": [1, 2], \"sequence_hashes\": [1], \"isl_tokens\": 40}",
                "{\"block_hashes\": [1], \"sequence_hashes\": [1], \"isl_tokens\": 0}")) {
            sameStatus("POST", "/select", Json.read(body));
            sameStatus("POST", "/overlap_scores", Json.read(body));
        }
        for (String body : List.of(
                "{}",
                "{\"selection_id\": \"?\"}",
                "{\"selection_id\": \"?\", \"worker_id\": 1}",
                "{\"selection_id\": \"?\", \"worker_id\": 99, \"token_ids\": [1]}",
                "{\"selection_id\": \"?\", \"worker_id\": 1, \"dp_rank\": 9, \"token_ids\": [1]}",
                "{\"selection_id\": \"?\", \"worker_id\": 1, \"sequence_hashes\": [5], \"isl_tokens\": 3,"
                        + " \"effective_prefill_tokens\": 4}")) {
            sameStatus("POST", "/reservations", Json.read(body));
        }
        sameStatus("POST", "/reservations/?/prefill_complete", null);
        sameStatus("POST", "/reservations/x/output_block", Json.read("{\"decay_fraction\": 1.5}"));
        for (String body : List.of("{}", "{\"endpoint\": 1}", "{\"endpoint\": \"tcp://127.0.0.1:9\"}")) {
            sameStatus("POST", "/replica_sync/register_peer", Json.read(body));
            sameStatus("POST", "/replica_sync/deregister_peer", Json.read(body));
        }
        same("GET", "/replica_sync/peers", null);
        sameStatus("POST", "/replica_sync/peers", Json.object());
        sameStatus("GET", "/replica_sync/register_peer", null);
        sameStatus("GET", "/replica_sync/nope", null);
        sameStatus("POST", "/dump", Json.object());
        sameStatus("GET", "/select", null);
        sameStatus("GET", "/nope", null);
        sameStatus("GET", "/health", null);
        sameStatus("GET", "/ready", null);
    }

    /// The same answer on both sides.
    private void same(String method, String path, JsonNode body) {
        assertThat(ours.call(method, path, body)).as("%s %s", path, body).isEqualTo(theirs.call(method, path, body));
    }

    /// The same answer about each rank, in whatever order.
    private Map<String, JsonNode> sameRanks(String path, JsonNode body) {
        Map<String, JsonNode> there = ranks(theirs.call("POST", path, body));
        assertThat(ranks(ours.call("POST", path, body))).as(path).isEqualTo(there);
        return there;
    }

    private void sameStatus(String method, String path, JsonNode body) throws IOException {
        assertThat(ours.send(method, path, body).status())
                .as("%s %s %s", method, path, body)
                .isEqualTo(theirs.send(method, path, body).status());
    }

    private static Map<String, JsonNode> ranks(JsonNode loads) {
        Map<String, JsonNode> ranks = new TreeMap<>();
        loads.forEach(load -> ranks.put(key(load), load));
        return ranks;
    }

    private static String key(JsonNode rank) {
        return rank.path("worker_id") + ":" + rank.path("dp_rank");
    }

    /// What a request would cost with the default weights, in blocks.
    private static double cost(JsonNode projected) {
        return projected.path("potential_prefill_tokens").doubleValue() / BLOCK
                + projected.path("potential_decode_blocks").longValue();
    }

    private static ObjectNode prompt(int[] tokenIds) {
        ObjectNode prompt = Json.object();
        var ids = prompt.putArray("token_ids");
        Arrays.stream(tokenIds).forEach(ids::add);
        return prompt;
    }

    /// A known prompt, cut or continued; its length is rarely a whole number of blocks.
    private int[] nextPrompt() {
        int[] base = prompts.get(random.nextInt(PROMPTS));
        int kept = 1 + random.nextInt(base.length);
        int[] prompt = Arrays.copyOf(base, kept + random.nextInt(200));
        for (int i = kept; i < prompt.length; i++) {
            prompt[i] = random.nextInt(50_000);
        }
        return prompt;
    }

    private int[] tokens(int count) {
        return random.ints(count, 0, 50_000).toArray();
    }
}
