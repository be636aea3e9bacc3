package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PrefixKvIndexerTest {
    private static final WorkerWithDpRank A = new WorkerWithDpRank(-1, 0);
    private static final WorkerWithDpRank B = new WorkerWithDpRank(7, 1);

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private long eventId;

    {
        slots.assign(A);
        slots.assign(B);
    }

    @Test
    void aRankMatchesTheLongestPrefixItHolds() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        store(B, OptionalLong.empty(), new long[] {9}, new long[] {10});

        assertThat(device(A, 10, 20, 30, 40)).isEqualTo(3);
        assertThat(device(B, 10, 20, 30, 40)).isEqualTo(1);
        assertThat(device(A, 11, 20, 30)).isZero();
    }

    @Test
    void childrenOfARemovedParentMatchAgainOnceItIsStoredAgain() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        remove(A, 2);
        assertThat(device(A, 10, 20, 30)).isEqualTo(1);

        store(A, OptionalLong.of(1), new long[] {2}, new long[] {20});
        assertThat(device(A, 10, 20, 30)).isEqualTo(3);
    }

    @Test
    void aStoreUnderAParentTheRankDoesNotHoldIsRejectedAndCounted() {
        store(A, OptionalLong.empty(), new long[] {1}, new long[] {10});
        store(B, OptionalLong.of(1), new long[] {2}, new long[] {20});
        remove(A, 1);
        store(A, OptionalLong.of(1), new long[] {2}, new long[] {20});

        assertThat(index.stats().rejected().unknownParents()).isEqualTo(2);
        assertThat(index.stats().blocks()).isZero();
    }

    @Test
    void anUnknownHashIsCountedAndTheRestOfTheListIsRemoved() {
        store(A, OptionalLong.empty(), new long[] {1, 2}, new long[] {10, 20});
        remove(A, 99, 2, 98);

        assertThat(index.stats().rejected().unknownHashes()).isEqualTo(2);
        assertThat(device(A, 10, 20)).isEqualTo(1);
    }

    @Test
    void aHashThatContradictsItselfIsCountedAndBelievedNowhere() {
        store(A, OptionalLong.empty(), new long[] {1, 2}, new long[] {10, 20});
        store(B, OptionalLong.empty(), new long[] {1, 2}, new long[] {10, 20});
        store(A, OptionalLong.empty(), new long[] {2}, new long[] {77});

        assertThat(index.stats().rejected().conflictingHashes()).isEqualTo(1);
        assertThat(device(A, 10, 20)).isEqualTo(1);
        assertThat(device(A, 77)).isZero();
        assertThat(device(B, 10, 20)).isEqualTo(2);
    }

    @Test
    void twoHashesOfOneBlockKeepItUntilBothAreGone() {
        store(A, OptionalLong.empty(), new long[] {1}, new long[] {10});
        store(A, OptionalLong.empty(), new long[] {2}, new long[] {10});
        remove(A, 1);
        assertThat(device(A, 10)).isEqualTo(1);
        remove(A, 2);
        assertThat(device(A, 10)).isZero();
    }

    @Test
    void slowerTiersContinueWhereFasterOnesEnd() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3, 4}, new long[] {10, 20, 30, 40});
        apply(A, StorageTier.HOST_PINNED, new KvCacheEvent.Stored(OptionalLong.of(1), new long[] {2, 3}, new long[] {
            20, 30
        }));
        apply(A, StorageTier.EXTERNAL, new KvCacheEvent.Stored(OptionalLong.of(3), new long[] {4}, new long[] {40}));
        remove(A, 2, 3, 4);

        OverlapScores scores = index.findMatches(hashes(10, 20, 30, 40));
        int slot = slots.slotOf(A);
        assertThat(scores.device(slot)).isEqualTo(1);
        assertThat(scores.hostPinned(slot)).isEqualTo(2);
        assertThat(scores.disk(slot)).isEqualTo(1);
    }

    @Test
    void clearedDropsTheRankAndNobodyElse() {
        store(A, OptionalLong.empty(), new long[] {1}, new long[] {10});
        store(B, OptionalLong.empty(), new long[] {1}, new long[] {10});
        apply(A, StorageTier.DEVICE, new KvCacheEvent.Cleared());

        assertThat(device(A, 10)).isZero();
        assertThat(device(B, 10)).isEqualTo(1);
    }

    @Test
    void anEventOfARankWithoutASlotChangesNothing() {
        store(new WorkerWithDpRank(5, 0), OptionalLong.empty(), new long[] {1}, new long[] {10});

        assertThat(index.stats().eventsApplied()).isZero();
    }

    /// While one thread adds and removes a second half, readers always see the first half, which
    /// nobody touches.
    @Test
    void readersNeverLoseWhatStaysWhileTheTableGrowsAndShrinks() throws InterruptedException {
        long[] stable = new Random(1).longs(64).toArray();
        store(A, OptionalLong.empty(), stable, stable);
        BlockHashes query = hashes(stable);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Integer> wrong = new AtomicReference<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                int found = index.findMatches(query).device(slots.slotOf(A));
                if (found != stable.length) {
                    wrong.set(found);
                }
            }
        });
        for (int round = 0; round < 20; round++) {
            for (long block = 1; block <= 3000; block++) {
                long hash = 1_000_000L * (round + 1) + block;
                store(B, OptionalLong.empty(), new long[] {hash}, new long[] {hash});
            }
            index.removeRank(B);
        }
        stop.set(true);
        reader.join();
        assertThat(wrong.get()).isNull();
    }

    private void store(WorkerWithDpRank rank, OptionalLong parent, long[] blocks, long[] tokens) {
        apply(rank, StorageTier.DEVICE, new KvCacheEvent.Stored(parent, blocks, tokens));
    }

    private void remove(WorkerWithDpRank rank, long... blocks) {
        apply(rank, StorageTier.DEVICE, new KvCacheEvent.Removed(blocks));
    }

    private void apply(WorkerWithDpRank rank, StorageTier tier, KvCacheEvent event) {
        index.apply(event(rank, tier, event));
    }

    private RouterEvent event(WorkerWithDpRank rank, StorageTier tier, KvCacheEvent event) {
        return new RouterEvent(rank, tier, ++eventId, event);
    }

    private int device(WorkerWithDpRank rank, long... local) {
        return index.findMatches(hashes(local)).device(slots.slotOf(rank));
    }

    private static BlockHashes hashes(long... local) {
        long[] sequence = new long[local.length];
        for (int i = 0; i < local.length; i++) {
            sequence[i] = i == 0 ? local[0] : BlockHasher.next(sequence[i - 1], local[i]);
        }
        return new BlockHashes(local, sequence, 16);
    }
}
