package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictedPrefixesTest {
    private static final WorkerWithDpRank ONE = new WorkerWithDpRank(1, 0);
    private static final WorkerWithDpRank TWO = new WorkerWithDpRank(2, 0);
    private static final BlockHashes PROMPT =
            new BlockHasher(1, null, null, false).hash(new int[] {1, 2, 3, 4, 5, 6, 7, 8});

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer told = new PrefixKvIndexer(slots);
    private final RoutedBlocks decisions = new RoutedBlocks(
            new PrefixKvIndexer(slots), slots, new RoutedBlocks.Limits(Duration.ofSeconds(5), 100), () -> 0);
    private final PrefixFinder finder = PrefixFinder.predicting(told, decisions);

    PredictedPrefixesTest() {
        slots.assign(ONE);
        slots.assign(TWO);
    }

    @Test
    void aRankHasTheLongerOfItsTwoPrefixes() {
        hold(ONE, StorageTier.DEVICE, 0, 5);
        hold(TWO, StorageTier.DEVICE, 0, 2);
        finder.routed(ONE, first(3));
        finder.routed(TWO, first(4));

        assertThat(scores(ONE)).containsExactly(5, 0, 0);
        assertThat(scores(TWO)).containsExactly(4, 0, 0);
    }

    @Test
    void aRankThatOnlyADecisionSpeaksForHasNoLowerTierBehindIt() {
        hold(ONE, StorageTier.DEVICE, 0, 4);
        hold(ONE, StorageTier.HOST_PINNED, 4, 8);
        told.apply(new RouterEvent(ONE, StorageTier.DEVICE, 9, removed(0, 4)));
        finder.routed(ONE, first(4));

        assertThat(scores(ONE)).containsExactly(4, 0, 0);
    }

    @Test
    void withoutDecisionsTheScoresAreThoseOfTheEvents() {
        hold(TWO, StorageTier.DEVICE, 0, 2);

        assertThat(scores(ONE)).containsExactly(0, 0, 0);
        assertThat(scores(TWO)).containsExactly(2, 0, 0);
    }

    /// device, host, disk | predicted -> device, host, disk
    @ParameterizedTest
    @CsvSource({
        "2, 3, 4, 0, 2, 3, 4",
        "2, 3, 4, 2, 2, 3, 4",
        "2, 3, 4, 4, 4, 1, 4",
        "2, 3, 4, 5, 5, 0, 4",
        "2, 3, 4, 7, 7, 0, 2",
        "2, 3, 4, 20, 20, 0, 0",
        "0, 3, 0, 1, 1, 2, 0",
    })
    void noBlockCountsTwice(int device, int host, int disk, int predicted, int device2, int host2, int disk2) {
        OverlapScores scores = PredictedPrefixes.longer(
                new OverlapScores(new int[] {device}, new int[] {host}, new int[] {disk}), new int[] {predicted, 0});

        assertThat(new int[] {scores.device(0), scores.hostPinned(0), scores.disk(0)})
                .containsExactly(device2, host2, disk2);
    }

    @Test
    void aPredictionForARankBeyondTheArraysOfTheEventsCounts() {
        OverlapScores scores = PredictedPrefixes.longer(OverlapScores.NONE, new int[] {0, 3});

        assertThat(scores.device(1)).isEqualTo(3);
        assertThat(scores.device(0)).isZero();
    }

    private void hold(WorkerWithDpRank rank, StorageTier tier, int from, int to) {
        told.apply(new RouterEvent(
                rank,
                tier,
                1,
                new KvCacheEvent.Stored(
                        from == 0 ? OptionalLong.empty() : OptionalLong.of(PROMPT.sequence()[from - 1]),
                        Arrays.copyOfRange(PROMPT.sequence(), from, to),
                        Arrays.copyOfRange(PROMPT.local(), from, to))));
    }

    private static KvCacheEvent removed(int from, int to) {
        return new KvCacheEvent.Removed(Arrays.copyOfRange(PROMPT.sequence(), from, to));
    }

    private static BlockHashes first(int blocks) {
        return new BlockHashes(Arrays.copyOf(PROMPT.local(), blocks), Arrays.copyOf(PROMPT.sequence(), blocks), 1);
    }

    private int[] scores(WorkerWithDpRank rank) {
        OverlapScores scores = finder.findMatches(PROMPT);
        int slot = slots.slotOf(rank);
        return new int[] {scores.device(slot), scores.hostPinned(slot), scores.disk(slot)};
    }
}
