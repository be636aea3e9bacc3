package io.kvepp.routerservice;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.POOL;
import static io.kvepp.routerservice.testing.SelectionFleet.PREFILL_POOL;
import static io.kvepp.routerservice.testing.SelectionFleet.asking;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.load.WorkerLoad;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.PoolLoads.RankLoad;
import io.kvepp.routerservice.SelectionRequest.Affinity;
import io.kvepp.routerservice.SelectionRequest.Priority;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SelectionServiceTest {
    private static final int[] PROMPT = tokens(100, 2 * BLOCK + 8);
    private static final Worker FIRST = ModelCards.aggregated(MODEL).on(1);
    private static final Worker SECOND =
            ModelCards.aggregated(MODEL).ranks(0, 2).taints("fast").on(2);

    private final SelectionFleet fleet = new SelectionFleet(FIRST, SECOND);

    @Test
    void aLookChoosesWhoHoldsThePromptAndBooksNothing() {
        fleet.hold(1, PROMPT, 2);

        Selected selected = given(fleet.service.select(asking(PROMPT)));

        assertThat(selected.chosen())
                .isEqualTo(new ChosenWorker(MODEL, "default", rank(1, 0), "dyn://dynamo.worker.generate"));
        assertThat(selected.cachedTokens()).isEqualTo(2 * BLOCK);
        assertThat(selected.uncachedTokens()).isEqualTo(8);
        assertThat(selected.projectedBlocks()).isEqualTo(3);
        assertThat(fleet.active.reservations()).isZero();
        assertThat(fleet.service.bookings()).isZero();
    }

    @Test
    void theOverlapsAreThoseOfEveryRankOfTheChosenWorker() {
        fleet.hold(2, 1, StorageTier.DEVICE, PROMPT, 1);
        fleet.hold(2, 1, StorageTier.HOST_PINNED, PROMPT, 2);

        Selected selected = given(fleet.service.select(pinned(rank(2, 0))));

        assertThat(selected.overlaps())
                .containsExactly(new RankOverlap(rank(2, 0), 0, 0, 0), new RankOverlap(rank(2, 1), 1, 1, 0));
        assertThat(selected.overlap()).isEqualTo(new RankOverlap(rank(2, 0), 0, 0, 0));
        assertThat(selected.overlaps().getLast().throughHost()).isEqualTo(2);
    }

    @Test
    void aSecondRequestUnderAnIdInUseIsRefusedAndChangesNothing() {
        Selected first = given(fleet.book("r", asking(PROMPT)));

        assertThat(reason(fleet.book("r", asking(PROMPT)))).isEqualTo(Reason.DUPLICATE);

        assertThat(load(first.chosen().worker())).isEqualTo(new WorkerLoad(1, PROMPT.length, 2));
        assertThat(fleet.active.reservations()).isOne();
    }

    @Test
    void anIdIsFreeAgainAfterItsBookingAndFreeingTwiceIsFreeingOnce() {
        given(fleet.book("r", asking(PROMPT)));

        assertThat(fleet.service.free("r")).isTrue();
        assertThat(fleet.service.free("r")).isFalse();

        assertThat(fleet.book("r", asking(PROMPT))).isInstanceOf(Given.class);
        assertThat(fleet.active.reservations()).isOne();
    }

    @Test
    void nothingIsKnownOfAnUnknownId() {
        assertThat(fleet.service.prefillCompleted("?")).isFalse();
        assertThat(fleet.service.progressed("?")).isFalse();
        assertThat(fleet.service.outputBlock("?", null)).isFalse();
        assertThat(fleet.service.generated("?", 5)).isFalse();
        assertThat(fleet.service.free("?")).isFalse();
    }

    @Test
    void generatedTokensAreBlocksThatWeighLessTowardsTheExpectedEnd() {
        SelectionRequest request = new SelectionRequest(
                POOL,
                SelectionPrompt.Tokens.of(PROMPT),
                SchedulingOverride.NONE,
                RoutingConstraints.NONE,
                rank(1, 0),
                null,
                null,
                8 * BLOCK,
                Priority.NONE);
        given(fleet.book("r", request));

        fleet.service.generated("r", 4 * BLOCK);

        // Two blocks of the prompt and four of the answer, half of whose time has passed.
        assertThat(load(rank(1, 0)).activeBlocks()).isEqualTo(3);
    }

    @Test
    void aBookingOfWhichNothingIsHeardIsGivenBackAndOneThatMovesIsNot() {
        given(fleet.book("silent", asking(PROMPT)));
        given(fleet.book("moving", asking(PROMPT)));
        fleet.nanos.addAndGet(SelectionFleet.SILENCE_MAX.toNanos() - 1);
        fleet.service.progressed("moving");
        fleet.nanos.addAndGet(1);

        fleet.service.tick();

        assertThat(fleet.service.free("silent")).isFalse();
        assertThat(fleet.service.silentBookings()).isOne();
        assertThat(fleet.service.free("moving")).isTrue();
        assertThat(fleet.active.reservations()).isZero();
    }

    @Test
    void aResetGivesEverythingBack() {
        given(fleet.book("r", asking(PROMPT)));
        given(fleet.service.select("s", asking(PROMPT)));

        fleet.service.reset();

        assertThat(fleet.active.reservations()).isZero();
        assertThat(fleet.service.bookings()).isZero();
        assertThat(reason(fleet.service.replay("s", POOL))).isEqualTo(Reason.NOT_FOUND);
        assertThat(fleet.book("r", asking(PROMPT))).isInstanceOf(Given.class);
    }

    @Test
    void aLookIsBookedLaterWithoutThePromptAndOnlyOnce() {
        fleet.hold(1, PROMPT, 2);
        given(fleet.service.select("s", asking(PROMPT)));

        assertThat(given(fleet.service.replay("s", POOL)).worker()).isEqualTo(rank(1, 0));

        assertThat(load(rank(1, 0))).isEqualTo(new WorkerLoad(1, 8, 2));
        assertThat(reason(fleet.service.replay("s", POOL))).isEqualTo(Reason.NOT_FOUND);
        assertThat(fleet.service.free("s")).isTrue();
    }

    @Test
    void aLookIsForgottenAfterTwoMinutes() {
        given(fleet.service.select("s", asking(PROMPT)));
        fleet.nanos.addAndGet(PendingSelections.AGE_MAX.toNanos() + 1);

        assertThat(reason(fleet.service.replay("s", POOL))).isEqualTo(Reason.NOT_FOUND);
    }

    @Test
    void aReplayThatCannotBeBookedMayBeTriedAgain() {
        given(fleet.service.select("s", asking(PROMPT)));
        given(fleet.book("s", asking(PROMPT)));

        assertThat(reason(fleet.service.replay("s", POOL))).isEqualTo(Reason.DUPLICATE);
        fleet.service.free("s");

        assertThat(fleet.service.replay("s", POOL)).isInstanceOf(Given.class);
    }

    @Test
    void aCallerMayBookWhereItChoseItself() {
        BlockHashes hashes = new BlockHasher(BLOCK, null, null, false).hash(PROMPT);
        SelectionPrompt known = new SelectionPrompt.Hashes(new long[0], hashes.sequence(), PROMPT.length);

        assertThat(given(fleet.service.book("r", explicit(rank(2, 1), known, 20)))
                        .worker())
                .isEqualTo(rank(2, 1));

        assertThat(load(rank(2, 1))).isEqualTo(new WorkerLoad(1, 20, 2));
        assertThat(reason(fleet.service.book("r", explicit(rank(2, 1), known, 20))))
                .isEqualTo(Reason.DUPLICATE);
        assertThat(reason(fleet.service.book("r2", explicit(rank(2, 1), known, PROMPT.length + 1))))
                .isEqualTo(Reason.INVALID);
        assertThat(reason(fleet.service.book("r3", explicit(rank(2, 9), known, 1))))
                .isEqualTo(Reason.NOT_FOUND);
    }

    @Test
    void aPinnedRankIsTheChoiceOrThereIsNone() {
        assertThat(given(fleet.service.select(pinned(rank(2, 1)))).chosen().worker())
                .isEqualTo(rank(2, 1));
        assertThat(reason(fleet.service.select(pinned(rank(2, 2))))).isEqualTo(Reason.NO_WORKERS);
        assertThat(reason(fleet.service.select(wish(allowing(1L), rank(2, 1), null))))
                .isEqualTo(Reason.INVALID);
    }

    @Test
    void anAffinityIsFollowedWhereItCanBe() {
        Affinity second = new Affinity(2, 1);
        assertThat(given(fleet.service.select(wish(RoutingConstraints.NONE, null, second)))
                        .chosen()
                        .worker())
                .isEqualTo(rank(2, 1));
        assertThat(given(fleet.service.select(wish(allowing(1L), null, second)))
                        .chosen()
                        .worker())
                .isEqualTo(rank(1, 0));
    }

    @Test
    void allowedWorkersAndRequiredTaintsExclude() {
        assertThat(given(fleet.service.select(wish(allowing(1L), null, null)))
                        .chosen()
                        .worker())
                .isEqualTo(rank(1, 0));
        assertThat(reason(fleet.service.select(wish(allowing(9L), null, null)))).isEqualTo(Reason.NO_WORKERS);
        RoutingConstraints fast = new RoutingConstraints(null, Set.of("fast"), Map.of());
        assertThat(given(fleet.service.select(wish(fast, null, null)))
                        .chosen()
                        .worker()
                        .workerId())
                .isEqualTo(2);
    }

    @Test
    void whenEveryWorkerIsOverloadedTheCallerHearsSo() {
        fleet.overload.change(MODEL, new OverloadThresholds(null, 10L, null));
        given(fleet.book("a", pinned(rank(1, 0))));
        assertThat(reason(fleet.service.select(pinned(rank(1, 0))))).isEqualTo(Reason.OVERLOADED);
        given(fleet.book("b", pinned(rank(2, 0))));
        given(fleet.book("c", pinned(rank(2, 1))));

        assertThat(reason(fleet.service.select(asking(PROMPT)))).isEqualTo(Reason.OVERLOADED);

        fleet.service.prefillCompleted("a");
        assertThat(given(fleet.service.select(asking(PROMPT))).chosen().worker())
                .isEqualTo(rank(1, 0));
    }

    @Test
    void aSessionStaysWithItsWorkerUnlessTheRequestSaysOtherwise() {
        SelectionRequest ofSession = new SelectionRequest(
                POOL,
                SelectionPrompt.Tokens.of(PROMPT),
                SchedulingOverride.NONE,
                RoutingConstraints.NONE,
                null,
                null,
                "session",
                0,
                Priority.NONE);
        WorkerWithDpRank bound = given(fleet.book("a", ofSession)).chosen().worker();
        for (int i = 0; i < 20; i++) {
            assertThat(given(fleet.book("b" + i, ofSession)).chosen().worker()).isEqualTo(bound);
        }
    }

    @Test
    void prefillWorkersAreAPoolOfTheirOwnWhoseBlocksAreNotLoad() {
        fleet.serve(FIRST, ModelCards.prefill(MODEL).on(7));

        Selected selected =
                given(fleet.book("r", SelectionRequest.of(PREFILL_POOL, SelectionPrompt.Tokens.of(PROMPT))));

        assertThat(selected.chosen())
                .isEqualTo(new ChosenWorker(MODEL, "prefill", rank(7, 0), "dyn://dynamo.worker.generate"));
        assertThat(fleet.service.loads()).extracting(PoolLoads::routingGroup).containsExactly("default", "prefill");
        assertThat(fleet.service.loads().getLast().ranks())
                .containsExactly(new RankLoad(rank(7, 0), new WorkerLoad(1, PROMPT.length, 0)));
        assertThat(given(fleet.service.select(asking(PROMPT))).chosen().worker())
                .isEqualTo(rank(1, 0));
    }

    @Test
    void anEndpointNamesItsWorkersWhateverTheyDo() {
        fleet.serve(new Worker(
                8,
                new EndpointId("dynamo", "prefill", "generate"),
                List.of(ModelCards.prefill(MODEL).card())));
        PoolKey key = new PoolKey.OfEndpoint(new EndpointId("dynamo", "prefill", "generate"));

        assertThat(fleet.service.serves(key)).isTrue();
        assertThat(given(fleet.service.select(SelectionRequest.of(key, SelectionPrompt.Tokens.of(PROMPT))))
                        .chosen()
                        .worker())
                .isEqualTo(rank(8, 0));
        assertThat(fleet.service.serves(new PoolKey.OfEndpoint(new EndpointId("a", "b", "c"))))
                .isFalse();
    }

    @Test
    void nobodyServesAnUnknownModelOrGroup() {
        assertThat(reason(fleet.service.select(
                        SelectionRequest.of(new PoolKey.OfModel("?", "default"), SelectionPrompt.Tokens.of(PROMPT)))))
                .isEqualTo(Reason.NO_WORKERS);
        assertThat(reason(fleet.service.overlaps(new PoolKey.OfModel(MODEL, "?"), SelectionPrompt.Tokens.of(PROMPT))))
                .isEqualTo(Reason.NO_WORKERS);
    }

    @Test
    void aWorkerThatCutsPromptsOtherwiseThanMostIsLeftOut() {
        fleet.serve(FIRST, SECOND, ModelCards.aggregated(MODEL).blocksOf(32).on(3));

        assertThat(fleet.service.loads().getFirst().ranks())
                .extracting(RankLoad::worker)
                .containsExactly(rank(1, 0), rank(2, 0), rank(2, 1));
    }

    @Test
    void theOverlapsOfAPromptAreThoseOfEveryRank() {
        fleet.hold(1, PROMPT, 1);
        fleet.hold(2, 1, StorageTier.DISK, PROMPT, 2);

        OverlapTable table = given(fleet.service.overlaps(POOL, SelectionPrompt.Tokens.of(PROMPT)));

        assertThat(table)
                .isEqualTo(new OverlapTable(
                        BLOCK,
                        2,
                        List.of(
                                new RankOverlap(rank(1, 0), 1, 0, 0),
                                new RankOverlap(rank(2, 0), 0, 0, 0),
                                new RankOverlap(rank(2, 1), 0, 0, 2))));
    }

    @Test
    void hashesDoAsWellAsTokens() {
        fleet.hold(1, PROMPT, 2);
        BlockHashes hashes = new BlockHasher(BLOCK, null, null, false).hash(PROMPT);
        SelectionPrompt known = new SelectionPrompt.Hashes(hashes.local(), hashes.sequence(), PROMPT.length);

        assertThat(given(fleet.service.select(SelectionRequest.of(POOL, known)))
                        .chosen()
                        .worker())
                .isEqualTo(rank(1, 0));
        SelectionPrompt uneven = new SelectionPrompt.Hashes(new long[1], hashes.sequence(), PROMPT.length);
        assertThat(reason(fleet.service.select(SelectionRequest.of(POOL, uneven))))
                .isEqualTo(Reason.INVALID);
    }

    @Test
    void whatARequestWouldAddIsToldOfEveryRank() {
        given(fleet.book("r", pinned(rank(1, 0))));
        fleet.hold(2, PROMPT, 1);

        List<RankLoad> loads = given(fleet.service.potentialLoads(asking(PROMPT)));

        assertThat(loads)
                .containsExactly(
                        new RankLoad(rank(1, 0), new WorkerLoad(1, 2L * PROMPT.length, 2)),
                        new RankLoad(rank(2, 0), new WorkerLoad(0, PROMPT.length - BLOCK, 2)),
                        new RankLoad(rank(2, 1), new WorkerLoad(0, PROMPT.length, 2)));
    }

    @Test
    void watchersHearOfLoadsOnceAndWhenTheyChange() {
        List<Integer> told = new ArrayList<>();
        Runnable watch = given(fleet.service.watch(loads -> told.add(loads.getFirst().ranks().stream()
                .mapToInt(rank -> rank.load().activeRequests())
                .sum())));
        fleet.service.tick();
        given(fleet.book("r", asking(PROMPT)));
        fleet.service.tick();
        fleet.service.tick();
        fleet.service.free("r");
        fleet.service.tick();
        watch.run();
        given(fleet.book("r", asking(PROMPT)));
        fleet.service.tick();

        assertThat(told).containsExactly(0, 1, 0);
    }

    @Test
    void watchersAreNotMoreThanTheirLimit() {
        for (int i = 0; i < LoadWatches.WATCHERS_MAX; i++) {
            given(fleet.service.watch(_ -> {}));
        }

        assertThat(reason(fleet.service.watch(_ -> {}))).isEqualTo(Reason.LIMIT);
    }

    @Test
    void aWorkerThatLeftHoldsNoLoadAndItsBookingsAreFreedAllTheSame() {
        given(fleet.book("r", pinned(rank(1, 0))));

        fleet.serve(SECOND);

        assertThat(fleet.service.loads().getFirst().ranks())
                .extracting(RankLoad::worker)
                .doesNotContain(rank(1, 0));
        assertThat(fleet.service.free("r")).isTrue();
        assertThat(fleet.active.reservations()).isZero();
    }

    private static ExplicitBooking explicit(WorkerWithDpRank rank, SelectionPrompt prompt, int uncached) {
        return new ExplicitBooking(POOL, rank, prompt, SchedulingOverride.NONE, uncached, null, 0);
    }

    private static RoutingConstraints allowing(Long... ids) {
        return new RoutingConstraints(Set.of(ids), Set.of(), Map.of());
    }

    private static SelectionRequest pinned(WorkerWithDpRank rank) {
        return wish(RoutingConstraints.NONE, rank, null);
    }

    private static SelectionRequest wish(
            RoutingConstraints constraints, @Nullable WorkerWithDpRank pinned, @Nullable Affinity affinity) {
        return new SelectionRequest(
                POOL,
                SelectionPrompt.Tokens.of(PROMPT),
                SchedulingOverride.NONE,
                constraints,
                pinned,
                affinity,
                null,
                0,
                Priority.NONE);
    }

    private static WorkerWithDpRank rank(long workerId, int dpRank) {
        return new WorkerWithDpRank(workerId, dpRank);
    }

    private WorkerLoad load(WorkerWithDpRank worker) {
        return fleet.service.loads().stream()
                .flatMap(pool -> pool.ranks().stream())
                .filter(rank -> rank.worker().equals(worker))
                .findFirst()
                .orElseThrow()
                .load();
    }

    private static <T> T given(Answer<T> answer) {
        return switch (answer) {
            case Given<T>(var value) -> value;
            case Refused<T> refused -> throw new AssertionError(refused.toString());
        };
    }

    private static Reason reason(Answer<?> answer) {
        return answer instanceof Refused<?> refused ? refused.reason() : null;
    }
}
