package io.kvepp.router;

import static io.kvepp.router.RouterFixture.header;
import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.KvTransfer.Enforcement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Scenarios of Dynamo's own router tests, each under the name it has there.
///
/// Others are integration tests: direct mode headers `HeadersIT`, start-up order `EnforcedDisaggIT`,
/// overload 529 `OverloadIT`, dp ranks `DpRanksIT`, choices of the real router `IdleChoiceIT`; session
/// affinity is `SessionRoutingTest`, per-request override `PlacementsTest`.
class UpstreamScenariosTest {
    private static final int BLOCK = 16;
    private static final String WORKER = "x-dynamo-worker-instance-id";
    private static final String RANK = "x-dynamo-dp-rank";

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = RouterFixture.withPins(folder, PinPolicy.HONOUR);
        cards = aggregated("m").files(WarmUpModel.in(folder));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    @DisplayName("test_router_decisions: of five growing prompts the fourth goes to A and the fifth to B")
    void routerDecisions() {
        fixture.serve(cards.on(1), cards.on(2));

        assertThat(sent(blocks(1, 2, 3), WORKER, "1")).isEqualTo("1");
        assertThat(sent(blocks(1, 8, 9), WORKER, "2")).isEqualTo("2");
        assertThat(sent(blocks(1, 2, 3, 4), WORKER, "1")).isEqualTo("1");
        assertThat(sent(blocks(1, 2, 3, 4, 5))).isEqualTo("1");
        assertThat(sent(blocks(1, 8, 9, 10))).isEqualTo("2");

        assertThat(overlaps(blocks(1, 2, 3, 4, 5))).containsEntry("1:0", 5).containsEntry("2:0", 1);
        assertThat(overlaps(blocks(1, 8, 9, 10))).containsEntry("1:0", 1).containsEntry("2:0", 4);
    }

    @Test
    @DisplayName("test_router_decisions with dp ranks: the rank that holds the prefix is chosen and named")
    void routerDecisionsOfRanks() {
        fixture.serve(cards.ranks(0, 2).on(1), cards.ranks(0, 2).on(2));

        sent(blocks(1, 2, 3), WORKER, "1", RANK, "1");
        sent(blocks(1, 8, 9), WORKER, "2", RANK, "0");

        assertThat(chosenRank(blocks(1, 2, 3, 4, 5))).isEqualTo("1:1");
        assertThat(chosenRank(blocks(1, 8, 9, 10))).isEqualTo("2:0");
    }

    @Test
    @DisplayName("test_router_decisions_disagg: overlapping prompts have one prefill worker, never a decode worker")
    void routerDecisionsDisagg() {
        serveDisaggregated();
        Set<String> prefillWorkers = new TreeSet<>();
        Set<String> decodeWorkers = new TreeSet<>();
        for (int length = 3; length < 7; length++) {
            int[] prompt = Arrays.copyOf(blocks(1, 2, 3, 4, 5, 6), length * BLOCK);
            PickResult.Routed routed = fixture.route(ids(prompt));
            String prefillWorker = header(routed, "x-dynamo-prefill-instance-id");
            prefillWorkers.add(prefillWorker);
            decodeWorkers.add(header(routed, WORKER));
            fixture.hold(Long.parseLong(prefillWorker), cards.card(), prompt, length);
            routed.lifecycle().completed();
        }

        assertThat(prefillWorkers).hasSize(1).isSubsetOf(Set.of("1", "2"));
        assertThat(decodeWorkers).isSubsetOf(Set.of("3", "4"));
    }

    @Test
    @DisplayName("test_router_decisions_disagg_round_robin_prefill_dp_rank: new prompts spread over the prefill ranks")
    void newPromptsSpreadOverThePrefillRanks() {
        fixture.serve(
                prefill("m").files(cards.files()).ranks(0, 4).on(1),
                decode("m").files(cards.files()).on(2));
        List<String> ranks = new ArrayList<>();
        for (int prompt = 0; prompt < 8; prompt++) {
            ranks.add(header(fixture.route(ids(blocks(20 * prompt, 20 * prompt + 1))), "x-dynamo-prefill-dp-rank"));
        }

        assertThat(ranks).containsExactlyInAnyOrder("0", "0", "1", "1", "2", "2", "3", "3");
    }

    @Test
    @DisplayName("test_disagg_topology_required_prefill_pin_match_and_mismatch")
    void aPinnedPrefillWorkerInTheWrongZoneIsRefused() {
        fixture.serve(
                inZone(1, "a"),
                inZone(2, "b"),
                decode("m")
                        .files(cards.files())
                        .taints("dynamo.topology/zone=a")
                        .on(3));

        assertThat(workers(fixture.route(ids(blocks(1), "x-dynamo-prefill-instance-id", "1"))))
                .isEqualTo("1+3");
        assertThat(fixture.pick(ids(blocks(1), "x-dynamo-prefill-instance-id", "2")))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "no decode worker is in reach of a prefill worker", null));
        assertThat(fixture.active.reservations()).isEqualTo(2);
    }

    @Test
    @DisplayName("_test_router_cache_salt_isolation: tenants never share blocks")
    void cacheSaltIsolation() {
        fixture.serve(cards.on(1), cards.on(2));
        int[] prompt = blocks(1, 2, 3);
        fixture.hold(new WorkerWithDpRank(1, 0), cards.card(), "tenant-a", prompt, 3);

        assertThat(overlaps(prompt, "x-tenant-id", "tenant-a")).containsEntry("1:0", 3);
        assertThat(overlaps(prompt, "x-tenant-id", "tenant-b")).containsOnly(Map.entry("1:0", 0), Map.entry("2:0", 0));
        assertThat(overlaps(prompt)).containsOnly(Map.entry("1:0", 0), Map.entry("2:0", 0));
    }

    @Test
    @DisplayName("test_disagg_direct_mode_epp_headers: both workers and both ranks are named")
    void directModeHeaders() {
        serveDisaggregated();

        PickResult.Routed routed = fixture.route(ids(blocks(1)));

        assertThat(header(routed, "x-dynamo-prefill-instance-id")).isIn("1", "2");
        assertThat(header(routed, WORKER)).isIn("3", "4");
        assertThat(header(routed, RANK)).isEqualTo("0");
        assertThat(header(routed, "x-dynamo-prefill-dp-rank")).isEqualTo("0");
    }

    private void serveDisaggregated() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                prefill("m").files(cards.files()).on(2),
                decode("m").files(cards.files()).on(3),
                decode("m").files(cards.files()).on(4));
    }

    private Worker inZone(long id, String zone) {
        return prefill("m")
                .files(cards.files())
                .transfer(new KvTransfer(Map.of("zone", zone), "zone", Enforcement.REQUIRED, null))
                .on(id);
    }

    /// Where the prompt goes; its worker holds it from then on, and the request has ended.
    private String sent(int[] prompt, String... headers) {
        PickResult.Routed routed = fixture.route(ids(prompt, headers));
        WorkerWithDpRank worker =
                new WorkerWithDpRank(Long.parseLong(header(routed, WORKER)), Integer.parseInt(header(routed, RANK)));
        fixture.hold(worker, cards.card(), null, prompt, prompt.length / BLOCK);
        routed.lifecycle().completed();
        return Long.toString(worker.workerId());
    }

    private String chosenRank(int[] prompt) {
        PickResult.Routed routed = fixture.route(ids(prompt));
        routed.lifecycle().completed();
        return header(routed, WORKER) + ":" + header(routed, RANK);
    }

    /// Blocks of the prompt that each rank is credited with.
    private Map<String, Integer> overlaps(int[] prompt, String... headers) {
        fixture.route(ids(prompt, headers)).lifecycle().completed();
        Map<String, Integer> overlaps = new TreeMap<>();
        for (PickExplanation.Candidate candidate :
                fixture.inspection().explanations(1).getFirst().candidates()) {
            overlaps.put(candidate.workerId() + ":" + candidate.dpRank(), candidate.overlapBlocks());
        }
        return overlaps;
    }

    /// Each block is one token, repeated.
    private static int[] blocks(int... tokens) {
        int[] prompt = new int[tokens.length * BLOCK];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = tokens[i / BLOCK];
        }
        return prompt;
    }

    private PickRequest ids(int[] prompt, String... headers) {
        return fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":" + Arrays.toString(prompt) + "}", headers);
    }
}
