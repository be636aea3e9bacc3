package io.kvepp.router.prefill;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.WorkerLoad;
import io.kvepp.scheduling.RouterMode;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PlacementsTest {
    private static final int BLOCK = 16;
    private static final List<RankSlot> FIRST = ranks(0, 1);
    private static final List<RankSlot> SECOND = ranks(2, 3);

    private final ActiveSequences active = Books.empty();
    private final Placements placements = placements(new SplittableRandom(1));

    @Test
    void anAggregatedWorkerIsBookedWithTheUncachedPromptAndItsBlocks() {
        Placement placement = placements.aggregated(FIRST, request(70, slotWithBlocks(1, 2)), null);

        assertThat(placement.decode().chosen().slot()).isEqualTo(1);
        assertThat(placement.prefill()).isNull();
        assertThat(placement.reusing()).isSameAs(placement.decode());
        assertThat(active.load(1)).isEqualTo(new WorkerLoad(1, 70 - 2 * BLOCK, 4));
        assertThat(active.load(0)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void bothWorkersOfADisaggregatedPickAreBooked() {
        Placement placement = disaggregated();

        assertThat(placement.prefill().chosen().slot()).isEqualTo(1);
        assertThat(placement.reusing()).isSameAs(placement.prefill());
        assertThat(active.load(1)).isEqualTo(new WorkerLoad(1, 70 - 2 * BLOCK, 0));
        assertThat(active.load(placement.decode().chosen().slot())).isEqualTo(new WorkerLoad(1, 0, 4));
        assertThat(active.reservations()).isEqualTo(2);
    }

    @Test
    void theFirstTokenFreesThePrefillWorkerAndNoOther() {
        Placement placement = disaggregated();
        placement.firstToken();
        placement.firstToken();

        assertThat(active.load(1)).isEqualTo(WorkerLoad.IDLE);
        assertThat(active.load(placement.decode().chosen().slot()).activeBlocks())
                .isEqualTo(4);
        assertThat(active.reservations()).isEqualTo(1);
    }

    @Test
    void theFirstTokenEndsTheAggregatedWorkersPrefillOnly() {
        placements.aggregated(FIRST, request(70, slotWithBlocks(1, 2)), null).firstToken();

        assertThat(active.load(1)).isEqualTo(new WorkerLoad(1, 0, 4));
    }

    @Test
    void releasingFreesBothWorkersExactlyOnce() {
        Placement placement = disaggregated();
        Placement other = disaggregated();
        placement.firstToken();
        placement.release();
        placement.release();
        placement.firstToken();

        assertThat(active.reservations()).isEqualTo(2);
        assertThat(active.load(other.prefill().chosen().slot()).activeRequests())
                .isEqualTo(1);
        assertThat(active.load(other.decode().chosen().slot()).activeRequests()).isEqualTo(1);

        other.release();

        assertThat(active.reservations()).isZero();
        for (int slot = 0; slot < 4; slot++) {
            assertThat(active.load(slot)).isEqualTo(WorkerLoad.IDLE);
        }
    }

    @Test
    void bothWorkersAreChosenWithoutAnybodySeeingTheLoadInBetween() {
        List<Boolean> held = new ArrayList<>();
        RandomGenerator watching = () -> {
            held.add(Thread.holdsLock(active));
            return 0;
        };
        placements(watching)
                .disaggregated(
                        FIRST,
                        request(70, OverlapScores.NONE),
                        SECOND,
                        request(70, OverlapScores.NONE),
                        TransferRules.NONE,
                        null);

        // One draw for the tie of each pool.
        assertThat(held).hasSizeGreaterThanOrEqualTo(2).containsOnly(true);
    }

    @Test
    void requestsSpreadBecauseEachSeesTheBookingsBefore() {
        for (int i = 0; i < 10; i++) {
            disaggregatedWithoutOverlap();
        }

        for (int slot = 0; slot < 4; slot++) {
            assertThat(active.requests(slot)).as("slot " + slot).isEqualTo(5);
        }
    }

    /// prefill-router 5.3: a preselected worker is used as it is and does not move the round-robin
    /// cursor; one that the router selects moves it exactly once, when it is booked.
    @Test
    void aPreselectedWorkerMovesNoTurnAndASelectedOneItsOwnOnce() {
        Placements turns = inTurns();
        SchedulingRequest request = request(70, OverlapScores.NONE);
        RankSlot first = turns.aggregated(FIRST, request, null).decode().chosen();
        RankSlot second = FIRST.get(1 - FIRST.indexOf(first));
        for (int i = 0; i < 3; i++) {
            assertThat(turns.aggregated(List.of(second), request, null).decode().chosen())
                    .isEqualTo(second);
            assertThat(turns.looking().aggregated(FIRST, request, null).decode().chosen())
                    .isEqualTo(second);
        }

        assertThat(turns.aggregated(FIRST, request, null).decode().chosen()).isEqualTo(second);
        assertThat(turns.aggregated(FIRST, request, null).decode().chosen()).isEqualTo(first);
    }

    /// prefill-router 5.12: what a request says otherwise than the configuration survives the rules of
    /// decode workers, which set credit, reuse and prefill tokens themselves.
    @Test
    void theOverrideOfARequestHoldsForBothRolesAsFarAsTheirRulesLeaveIt() {
        SchedulingRequest request =
                request(70, slotWithBlocks(1, 2)).with(new SchedulingOverride(0.5, 2.0, 0.7, true, true));
        Placement placement = placements.disaggregated(FIRST, request, SECOND, request, TransferRules.NONE, null);

        SchedulingConfig prefill = placement.prefill().rules();
        assertThat(List.of(prefill.overlapScoreCredit(), prefill.prefillLoadScale(), prefill.temperature()))
                .containsExactly(0.5, 2.0, 0.7);
        SchedulingConfig decode = placement.decode().rules();
        assertThat(List.of(decode.overlapScoreCredit(), decode.prefillLoadScale(), decode.temperature()))
                .containsExactly(0.0, 2.0, 0.7);
        assertThat(List.of(decode.assumeKvReuse(), decode.trackPrefillTokens())).containsOnly(false);
    }

    private Placement disaggregated() {
        SchedulingRequest request = request(70, slotWithBlocks(1, 2));
        return placements.disaggregated(FIRST, request, SECOND, request, TransferRules.NONE, null);
    }

    private void disaggregatedWithoutOverlap() {
        SchedulingRequest request = request(70, OverlapScores.NONE);
        placements.disaggregated(FIRST, request, SECOND, request, TransferRules.NONE, null);
    }

    private Placements placements(RandomGenerator random) {
        return new Placements(active, new WorkerSelector(active, random), SchedulingConfig.DEFAULT, Books.noSessions());
    }

    private Placements inTurns() {
        SchedulingConfig config = new SchedulingConfig(
                1,
                0,
                1,
                0,
                0.75,
                0.25,
                0,
                true,
                true,
                true,
                RouterMode.ROUND_ROBIN,
                RouterMode.ROUND_ROBIN,
                WorkerRole.AGGREGATED);
        return new Placements(active, new WorkerSelector(active, new Random(1)), config, Books.noSessions());
    }

    private static SchedulingRequest request(int promptTokens, OverlapScores overlaps) {
        long[] hashes = new long[promptTokens / BLOCK];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = 1L + i;
        }
        return new SchedulingRequest(promptTokens, new BlockHashes(hashes, hashes, BLOCK), overlaps);
    }

    private static OverlapScores slotWithBlocks(int slot, int blocks) {
        int[] device = new int[slot + 1];
        device[slot] = blocks;
        return new OverlapScores(device, new int[0], new int[0]);
    }

    private static List<RankSlot> ranks(int... slots) {
        List<RankSlot> ranks = new ArrayList<>();
        for (int slot : slots) {
            ranks.add(new RankSlot(new WorkerWithDpRank(100 + slot, 0), slot));
        }
        return ranks;
    }
}
