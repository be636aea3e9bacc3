package io.kvepp.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Dynamo's own modes, in the cases of its tests and those beside them.
class RouterModeTest {
    private static final SchedulingRequest REQUEST = SchedulingRequest.unread(160, 16);

    private final ActiveSequences active = Books.empty();
    private final WorkerSelector selector = new WorkerSelector(active, new Random(11));

    @Test
    void roundRobinTakesTurns() {
        assertThat(chosen(RouterMode.ROUND_ROBIN, ranks(3), 7)).containsExactly(0, 1, 2, 0, 1, 2, 0);
    }

    @Test
    void aTurnEndsWithTheBookingAndNotWithTheLook() {
        for (int i = 0; i < 3; i++) {
            assertThat(select(RouterMode.ROUND_ROBIN, ranks(3)).chosen().slot()).isZero();
        }
    }

    @Test
    void roundRobinGivesANewWorkerTheNextTurnAndSkipsNobody() {
        assertThat(chosen(RouterMode.ROUND_ROBIN, ranks(2), 3)).containsExactly(0, 1, 0);

        assertThat(chosen(RouterMode.ROUND_ROBIN, ranks(3), 3)).containsExactly(2, 1, 0);
    }

    @Test
    void randomIsFair() {
        for (int count : wins(RouterMode.RANDOM, 4, 8_000)) {
            assertThat(count).isBetween(1_800, 2_200);
        }
    }

    @Test
    void leastLoadedCountsRequestsAndDrawsAmongEqualOnes() {
        book(0, 2);
        book(1, 1);
        book(2, 1);
        int[] wins = wins(RouterMode.LEAST_LOADED, 3, 4_000);

        assertThat(wins[0]).isZero();
        assertThat(wins[1]).isBetween(1_850, 2_150);
    }

    @Test
    void theMostLoadedOfAllNeverWinsAgainstAnotherOfTwo() {
        book(0, 3);
        book(1, 1);
        book(2, 2);
        int[] wins = wins(RouterMode.POWER_OF_TWO, 3, 6_000);

        // pairs are equally likely: 1 wins two of three, 2 one of three
        assertThat(wins[0]).isZero();
        assertThat(wins[1]).isBetween(3_850, 4_150);
        assertThat(wins[2]).isBetween(1_850, 2_150);
    }

    @Test
    void powerOfTwoTakesTheOnlyOneThereIs() {
        assertThat(chosen(RouterMode.POWER_OF_TWO, ranks(1), 2)).containsExactly(0, 0);
    }

    @Test
    void onlyTheModeKvLooksAtCaches() {
        SchedulingRequest cached = new SchedulingRequest(
                160, BlockHashes.none(16), new OverlapScores(new int[] {0, 10}, new int[0], new int[0]));
        book(1, 1);

        synchronized (active) {
            assertThat(selector.select(ranks(2), cached, rules(RouterMode.KV))
                            .chosen()
                            .slot())
                    .isEqualTo(1);
            assertThat(selector.select(ranks(2), cached, rules(RouterMode.LEAST_LOADED))
                            .chosen()
                            .slot())
                    .isZero();
        }
    }

    private List<Integer> chosen(RouterMode mode, List<RankSlot> ranks, int times) {
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            Selection selection = select(mode, ranks);
            selector.taken(selection.chosen());
            chosen.add(selection.chosen().slot());
        }
        return chosen;
    }

    private int[] wins(RouterMode mode, int ranks, int times) {
        int[] wins = new int[ranks];
        for (int i = 0; i < times; i++) {
            wins[select(mode, ranks(ranks)).chosen().slot()]++;
        }
        return wins;
    }

    private Selection select(RouterMode mode, List<RankSlot> ranks) {
        synchronized (active) {
            return selector.select(ranks, REQUEST, rules(mode));
        }
    }

    private void book(int slot, int requests) {
        for (int i = 0; i < requests; i++) {
            active.book(slot, BookedLoad.blocks(0));
        }
    }

    private static SchedulingConfig rules(RouterMode mode) {
        return new SchedulingConfig(1, 0, 1, 0, 0.75, 0.25, 0, true, true, true, mode, mode, WorkerRole.AGGREGATED);
    }

    private static List<RankSlot> ranks(int count) {
        return IntStream.range(0, count)
                .mapToObj(slot -> new RankSlot(new WorkerWithDpRank(100 + slot, 0), slot))
                .toList();
    }
}
