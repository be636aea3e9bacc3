package io.kvepp.scheduling.overload;

import static io.kvepp.testing.Capacities.sized;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.RankCapacities;
import io.kvepp.load.Reservation;
import io.kvepp.testing.Books;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSlots;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OverloadMonitorTest {
    private static final int BLOCKS = 100;
    private static final int BATCH = 1000;

    private final ActiveSequences active = Books.empty();
    private final Map<Integer, Long> engineBlocks = new HashMap<>();
    private final Map<Integer, Double> engineShare = new HashMap<>();
    private final Map<Integer, Integer> engineWaiting = new HashMap<>();
    private final WorkerDirectory directory = new WorkerDirectory(new WorkerSlots());
    private List<RankSlot> ranks;
    private RankCapacities capacities;

    @Test
    void withoutThresholdsNobodyIsOverloaded() {
        serve(1);
        book(0, 1_000_000, 1_000_000);

        assertThat(usable(OverloadThresholds.NONE)).isSameAs(ranks);
    }

    @Test
    void moreThanTheShareOfBlocksIsOverload() {
        serve(1);
        Reservation half = book(0, 0, BLOCKS / 2);
        assertThat(usable(new OverloadThresholds(0.5, null, null))).hasSize(2);

        Reservation one = book(0, 0, 1);
        assertThat(usable(new OverloadThresholds(0.5, null, null))).containsExactly(ranks.get(1));

        one.release();
        half.release();
        assertThat(usable(new OverloadThresholds(0.5, null, null))).hasSize(2);
    }

    @Test
    void whatTheEngineReportsSetsTheOverloadAsWellAndBothMustFallToClearIt() {
        serve(1);
        Reservation booked = book(0, 0, 60);
        engineBlocks.put(slot(0), 60L);
        OverloadThresholds thresholds = new OverloadThresholds(0.5, null, null);
        assertThat(usable(thresholds)).containsExactly(ranks.get(1));

        engineBlocks.put(slot(0), 0L);
        assertThat(usable(thresholds)).containsExactly(ranks.get(1));

        engineBlocks.put(slot(0), 60L);
        booked.release();
        assertThat(usable(thresholds)).containsExactly(ranks.get(1));

        engineBlocks.put(slot(0), 50L);
        assertThat(usable(thresholds)).hasSize(2);
    }

    @Test
    void moreThanTheNumberOfPrefillTokensIsOverload() {
        serve(1);
        book(0, 500, 0);

        assertThat(usable(new OverloadThresholds(null, 500L, null))).hasSize(2);
        assertThat(usable(new OverloadThresholds(null, 499L, null))).containsExactly(ranks.get(1));
    }

    @Test
    void moreThanTheMultipleOfAStepIsOverload() {
        serve(1);
        book(0, BATCH / 2, 0);

        assertThat(usable(new OverloadThresholds(null, null, 0.5))).hasSize(2);
        assertThat(usable(new OverloadThresholds(null, null, 0.4))).containsExactly(ranks.get(1));
    }

    @Test
    void moreRequestsThatWaitInTheEngineThanTheNumberIsOverload() {
        serve(1);
        engineWaiting.put(slot(0), 5);

        assertThat(usable(new OverloadThresholds(null, null, null, 5))).hasSize(2);
        assertThat(usable(new OverloadThresholds(null, null, null, 4))).containsExactly(ranks.get(1));
    }

    @Test
    void anEngineThatTellsAShareNeedsNoSize() {
        ModelCards cards = ModelCards.aggregated("m");
        serve(sized(cards.on(1), 0, BATCH), sized(cards.on(2), 0, BATCH));
        engineShare.put(slot(0), 0.6);

        assertThat(usable(new OverloadThresholds(0.6, null, null))).hasSize(2);
        assertThat(usable(new OverloadThresholds(0.5, null, null))).containsExactly(ranks.get(1));
    }

    @Test
    void itIsKnownWhatSomebodyAsksFor() {
        assertThat(monitor(OverloadThresholds.NONE).watchesBlocks()).isFalse();
        assertThat(monitor(OverloadThresholds.NONE).watchesWaiting()).isFalse();
        assertThat(monitor(new OverloadThresholds(0.5, null, null)).watchesBlocks())
                .isTrue();
        OverloadMonitor changed = monitor(OverloadThresholds.NONE);
        changed.change("m", new OverloadThresholds(null, null, null, 4));
        assertThat(changed.watchesWaiting()).isTrue();
    }

    @Test
    void anyOneThresholdIsEnough() {
        serve(1);
        book(0, 500, 0);

        assertThat(usable(new OverloadThresholds(1.0, 499L, 100.0))).containsExactly(ranks.get(1));
    }

    @Test
    void aWorkerIsOverloadedOnlyWhenAllItsRanksAre() {
        serve(2);
        OverloadThresholds thresholds = new OverloadThresholds(null, 0L, null);
        book(0, 1, 0);
        assertThat(usable(thresholds)).as("one of two ranks").isEqualTo(ranks);

        book(1, 1, 0);
        assertThat(usable(thresholds)).as("both ranks").containsExactly(ranks.get(2), ranks.get(3));
    }

    @Test
    void aShareOfAnUnknownSizeIsNeverExceeded() {
        serve(ModelCards.aggregated("m").on(1), ModelCards.aggregated("m").on(2));
        book(0, 100_000, 100_000);

        assertThat(usable(new OverloadThresholds(0.0, null, 0.1))).hasSize(2);
        book(0, RankCapacities.BATCHED_TOKENS_UNKNOWN, 0);
        assertThat(usable(new OverloadThresholds(null, null, 0.1)))
                .as("Dynamo assumes ten million tokens a step")
                .hasSize(1);
    }

    @Test
    void aChangeHoldsForItsModelAtOnce() {
        serve(1);
        book(0, 500, 0);
        OverloadMonitor monitor = monitor(OverloadThresholds.NONE);
        assertThat(monitor.watchesBlocks()).isFalse();

        assertThat(monitor.change("m", new OverloadThresholds(0.9, 499L, null)))
                .isEqualTo(new OverloadThresholds(0.9, 499L, null));

        assertThat(monitor.usable("m", ranks, capacities)).hasSize(1);
        assertThat(monitor.usable("other", ranks, capacities)).hasSize(2);
        assertThat(monitor.watchesBlocks()).isTrue();
    }

    private void serve(int ranksPerWorker) {
        ModelCards cards = ModelCards.aggregated("m").ranks(0, ranksPerWorker);
        serve(sized(cards.on(1), BLOCKS, BATCH), sized(cards.on(2), BLOCKS, BATCH));
    }

    private void serve(Worker... workers) {
        var _ = directory.update(ModelCards.set(workers));
        ranks = directory.snapshot().models().get("m").aggregated();
        capacities = RankCapacities.of(directory.snapshot());
    }

    private int slot(int index) {
        return ranks.get(index).slot();
    }

    private Reservation book(int index, int prefillTokens, int blocks) {
        return active.book(slot(index), new BookedLoad(prefillTokens, new long[0], blocks));
    }

    private List<RankSlot> usable(OverloadThresholds thresholds) {
        return monitor(thresholds).usable("m", ranks, capacities);
    }

    private OverloadMonitor monitor(OverloadThresholds thresholds) {
        return new OverloadMonitor(thresholds, active, new EngineSigns() {
            @Override
            public long usedBlocks(int slot) {
                return engineBlocks.getOrDefault(slot, 0L);
            }

            @Override
            public double usedShare(int slot) {
                return engineShare.getOrDefault(slot, 0.0);
            }

            @Override
            public int waitingRequests(int slot) {
                return engineWaiting.getOrDefault(slot, 0);
            }
        });
    }
}
