package io.kvepp.it.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.config.Options;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.Reservation;
import io.kvepp.load.WorkerLoad;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.prefill.TransferRules;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Costs, choices and load are those of Dynamo's own scheduler for the same events, requests and
/// ends of requests.
///
/// The first worker of a tie is chosen at random on both sides, so bookings follow Dynamo's choice.
@ExtendWith(Deployments.class)
class SelectServiceIT {
    private static final int BLOCK = 16;
    private static final int PICKS = 300;
    private static final int WORKERS = 4;
    private static final int SHARED_PROMPTS = 12;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final RealParts parts;
    private final Processes processes;
    private final RawEngine[] engines = new RawEngine[WORKERS];
    private final WorkerSlots slots = new WorkerSlots();
    private final KvIndexer index = new PrefixKvIndexer(slots);
    private final ActiveSequences active = Books.empty();
    private final WorkerSelector selector = new WorkerSelector(active, new Random(1));
    private final BlockHasher hasher = new BlockHasher(BLOCK, null, null, false);
    private final List<RankSlot> ranks = new ArrayList<>();
    private final List<int[]> prompts = new ArrayList<>();
    private final Random random = new Random(20);
    private int differences;
    private int ties;

    SelectServiceIT(RealParts parts) {
        this.parts = parts;
        processes = new Processes(Project.logs().resolve("select-service"));
        for (int worker = 0; worker < WORKERS; worker++) {
            WorkerWithDpRank rank = new WorkerWithDpRank(1 + worker, 0);
            ranks.add(new RankSlot(rank, slots.assign(rank)));
            engines[worker] = new RawEngine();
        }
        for (int i = 0; i < SHARED_PROMPTS; i++) {
            prompts.add(tokens(100 + random.nextInt(900)));
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
    void aggregatedWithTheDefaults() {
        compareAggregated("defaults", Map.of());
    }

    @Test
    void aggregatedWithEveryWeightChanged() {
        compareAggregated(
                "weights",
                Map.of(
                        "DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT", "1.5",
                        "DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT_DECAY", "0.7",
                        "DYN_ROUTER_PREFILL_LOAD_SCALE", "0.6",
                        "DYN_ROUTER_DECODE_ACTIVE_REQUEST_WEIGHT", "3.25"));
    }

    @Test
    void aggregatedWithoutReuseOfLiveBlocks() {
        compareAggregated("no-reuse", Map.of("DYN_ROUTER_ASSUME_KV_REUSE", "false"));
    }

    /// The service tracks blocks in use whatever it is told, so the prefill role cannot be shown by
    /// it; nor does 1.6.1 follow a request's own credit, so its credit is set for all requests.
    @Test
    void decodeWorkersByLoadAlone() {
        ObjectNode override = Json.object().put("assume_kv_reuse", false).put("track_prefill_tokens", false);
        SelectService service = service("decode", Map.of("DYN_ROUTER_KV_OVERLAP_SCORE_CREDIT", "0"));
        WorkerWithDpRank prefillRank = new WorkerWithDpRank(99, 0);
        List<RankSlot> pool = List.of(new RankSlot(prefillRank, slots.assign(prefillRank)));
        Placements placements = new Placements(active, selector, SchedulingConfig.DEFAULT, Books.noSessions());
        compare(
                service,
                override,
                SchedulingConfig.DEFAULT.forDecode(),
                (chosen, request) ->
                        placements.disaggregated(pool, request, List.of(chosen), request, TransferRules.NONE, null));
    }

    private void compareAggregated(String name, Map<String, String> settings) {
        SchedulingConfig rules = SchedulingConfig.from(new Options(Map.of(), settings));
        Placements placements = new Placements(active, selector, rules, Books.noSessions());
        SelectService service = service(name, settings);
        fillCaches(service);
        compare(service, null, rules, (chosen, request) -> placements.aggregated(List.of(chosen), request, null));
    }

    private void compare(
            SelectService service,
            @Nullable ObjectNode override,
            SchedulingConfig rules,
            BiFunction<RankSlot, SchedulingRequest, Placement> book) {
        Map<String, Placement> open = new HashMap<>();
        Map<String, Double> costs = new HashMap<>();
        Map<String, Integer> outputBlocks = new HashMap<>();
        for (int pick = 0; pick < PICKS; pick++) {
            String id = "pick" + pick;
            int[] tokenIds = nextPrompt();
            Selection ours = select(tokenIds, rules);
            long theirs = service.selectAndReserve(id, tokenIds, override);
            costs.put(id, judge(ours, theirs));
            open.put(id, book.apply(rank(theirs), request(tokenIds)));
            String moved = List.copyOf(open.keySet()).get(random.nextInt(open.size()));
            move(service, moved, open, outputBlocks);
            assertSameLoads(service);
        }
        assertThat(differences).as("picks that differ without a tie").isZero();
        assertThat(ties).as("tied picks of %d", PICKS).isLessThan(PICKS / 5);
        Map<String, Double> theirs = service.loggedCosts(PICKS);
        costs.forEach(
                (id, cost) -> assertThat(theirs.get(id)).as("cost of %s", id).isCloseTo(cost, within(1e-9)));
    }

    private void move(
            SelectService service, String id, Map<String, Placement> open, Map<String, Integer> outputBlocks) {
        Placement placement = open.get(id);
        Reservation reservation = placement.decodeReservation();
        switch (random.nextInt(4)) {
            case 0 -> {}
            case 1 -> {
                reservation.prefillCompleted();
                service.prefillComplete(id);
            }
            case 2 -> {
                reservation.generated(outputBlocks.merge(id, 1, Integer::sum), 1);
                service.outputBlock(id);
            }
            default -> {
                open.remove(id).release();
                service.free(id);
            }
        }
    }

    private SelectService service(String name, Map<String, String> settings) {
        SelectService service = new SelectService(name, processes, parts, settings);
        for (RankSlot rank : ranks) {
            service.addWorker(rank.worker().workerId(), BLOCK, engines[rank.slot()].address());
        }
        return service;
    }

    /// Each worker holds the beginnings of some prompts; both sides know it.
    private void fillCaches(SelectService service) {
        int[] probe = tokens(BLOCK);
        for (RankSlot rank : ranks) {
            long id = rank.worker().workerId();
            Await.until("events of worker " + id, LIMIT, () -> {
                engines[rank.slot()].stored(probe, hasher.hash(probe), 1);
                return service.overlaps(probe).getOrDefault(id, 0) == 1;
            });
            for (int[] prompt : prompts) {
                BlockHashes hashes = hasher.hash(prompt);
                store(rank, prompt, hashes, random.nextInt(hashes.count() + 1));
            }
            int[] last = tokens(2 * BLOCK);
            store(rank, last, hasher.hash(last), 2);
            Await.until(
                    "the last event of worker " + id,
                    LIMIT,
                    () -> service.overlaps(last).getOrDefault(id, 0) == 2);
        }
        for (int[] prompt : prompts) {
            Map<Long, Integer> theirs = service.overlaps(prompt);
            SchedulingRequest ours = request(prompt);
            ranks.forEach(rank -> assertThat(ours.overlaps().device(rank.slot()))
                    .isEqualTo(theirs.get(rank.worker().workerId())));
        }
    }

    private void store(RankSlot rank, int[] prompt, BlockHashes hashes, int blocks) {
        if (blocks == 0) {
            return;
        }
        engines[rank.slot()].stored(prompt, hashes, blocks);
        KvCacheEvent stored = new KvCacheEvent.Stored(
                OptionalLong.empty(), Arrays.copyOf(hashes.sequence(), blocks), Arrays.copyOf(hashes.local(), blocks));
        index.apply(new RouterEvent(rank.worker(), StorageTier.DEVICE, 1, stored));
    }

    private Selection select(int[] tokenIds, SchedulingConfig rules) {
        synchronized (active) {
            return selector.select(ranks, request(tokenIds), rules);
        }
    }

    /// Returns the least cost.
    private double judge(Selection ours, long theirs) {
        double least = Arrays.stream(ours.keys()).min().orElseThrow();
        boolean tied = Arrays.stream(ours.keys()).filter(cost -> cost == least).count() > 1;
        ties += tied ? 1 : 0;
        differences += !tied && ours.chosen().worker().workerId() != theirs ? 1 : 0;
        return least;
    }

    private RankSlot rank(long workerId) {
        return ranks.stream()
                .filter(rank -> rank.worker().workerId() == workerId)
                .findFirst()
                .orElseThrow();
    }

    private SchedulingRequest request(int[] tokenIds) {
        BlockHashes hashes = hasher.hash(tokenIds);
        return new SchedulingRequest(tokenIds.length, hashes, index.findMatches(hashes));
    }

    /// A known prompt, cut or continued; its length is rarely a whole number of blocks.
    private int[] nextPrompt() {
        int[] base = prompts.get(random.nextInt(SHARED_PROMPTS));
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

    private void assertSameLoads(SelectService service) {
        Map<Long, WorkerLoad> theirs = service.loads();
        for (RankSlot rank : ranks) {
            assertThat(active.load(rank.slot()))
                    .as("load of worker %d", rank.worker().workerId())
                    .isEqualTo(theirs.get(rank.worker().workerId()));
        }
    }
}
