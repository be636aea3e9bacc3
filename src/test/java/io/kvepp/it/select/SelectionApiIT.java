package io.kvepp.it.select;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.routerservice.http.SelectionHttpConfig;
import io.kvepp.routerservice.http.SelectionServer;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
    private static final int BLOCK = SelectionFleet.BLOCK;
    private static final int REQUESTS = 300;
    private static final int RANKS = 5;
    private static final int TWO_RANKS = 4;
    private static final int PROMPTS = 12;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ADDRESS = "http://127.0.0.1:1";

    private final RealParts parts;
    private final Processes processes = new Processes(Project.logs().resolve("selection-api"));
    private final RawEngine[] engines = new RawEngine[RANKS];
    private final BlockHasher hasher = new BlockHasher(BLOCK, null, null, false);
    private final Random random = new Random(21);
    private final List<int[]> prompts = new ArrayList<>();
    private final List<String> open = new ArrayList<>();
    private final SelectionFleet fleet =
            new SelectionFleet(worker(1, 1), worker(2, 1), worker(3, 1), worker(TWO_RANKS, 2));
    private SelectionServer server;
    private SelectionClient ours;
    private SelectionClient theirs;
    private int sameChoices;

    SelectionApiIT(RealParts parts) {
        this.parts = parts;
        for (int engine = 0; engine < RANKS; engine++) {
            engines[engine] = new RawEngine(rankOf(engine));
        }
    }

    @AfterEach
    void stop() {
        processes.close();
        if (server != null) {
            server.close();
        }
        fleet.close();
        for (RawEngine engine : engines) {
            engine.close();
        }
    }

    @Test
    void answersAreThoseOfDynamosSelectionService() throws IOException {
        start();
        fillCaches();
        for (int request = 0; request < REQUESTS; request++) {
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
        compareFaults();
    }

    private void start() throws IOException {
        SelectService service = new SelectService("selection-api", processes, parts, Map.of());
        theirs = service.client();
        for (int id = 1; id < TWO_RANKS; id++) {
            service.addWorker(id, BLOCK, engines[id - 1].address());
        }
        service.addWorkerOfTwoRanks(TWO_RANKS, BLOCK, engines[RANKS - 2].address(), engines[RANKS - 1].address());
        server = new SelectionServer(
                new SelectionHttpConfig("127.0.0.1", 0),
                fleet.service,
                new SelectionServer.Workers(fleet::workers, null),
                () -> "unused");
        server.start();
        ours = new SelectionClient(server.port());
    }

    /// Each rank holds the beginnings of some prompts; both sides know it.
    private void fillCaches() {
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add(tokens(100 + random.nextInt(900)));
        }
        for (int rank = 0; rank < RANKS; rank++) {
            int index = rank;
            int[] probe = tokens(BLOCK);
            Await.until("events of rank " + rank, LIMIT, () -> {
                engines[index].stored(probe, hasher.hash(probe), 1);
                return held(probe, index) == 1;
            });
            for (int[] prompt : prompts) {
                hold(rank, prompt, random.nextInt(hasher.hash(prompt).count() + 1));
            }
            int[] last = tokens(2 * BLOCK);
            hold(rank, last, 2);
            Await.until("the last event of rank " + rank, LIMIT, () -> held(last, index) == 2);
        }
    }

    private void hold(int rank, int[] tokenIds, int blocks) {
        if (blocks > 0) {
            BlockHashes hashes = hasher.hash(tokenIds);
            engines[rank].stored(tokenIds, hashes, blocks);
            fleet.hold(Math.min(rank + 1, TWO_RANKS), rankOf(rank), StorageTier.DEVICE, tokenIds, blocks);
        }
    }

    /// The data-parallel rank of an engine: the last two are ranks of one worker.
    private static int rankOf(int engine) {
        return Math.max(0, engine + 1 - TWO_RANKS);
    }

    private int held(int[] tokenIds, int rank) {
        return theirs.call("POST", "/overlap_scores", prompt(tokenIds))
                .path("workers")
                .path(rank)
                .path("device_blocks")
                .intValue();
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
            case 2 -> same("POST", "/reservations/" + id + "/output_block", Json.object());
            default -> {
                same("DELETE", "/reservations/" + id, null);
                sameStatus("DELETE", "/reservations/" + id, null);
                open.remove(id);
            }
        }
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

    private static Worker worker(long id, int ranks) {
        return new Worker(
                id,
                new EndpointId("dynamo", "worker", "generate"),
                List.of(ModelCards.aggregated("default").ranks(0, ranks).card()),
                ADDRESS);
    }
}
