package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SplittableRandom;
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
    void scoresThatWereGivenBackAreWrittenIntoAgain() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        store(B, OptionalLong.empty(), new long[] {9}, new long[] {10});
        OverlapScores first = index.findMatches(hashes(10, 20, 30));
        OverlapScores meanwhile = index.findMatches(hashes(10, 20, 30));
        index.recycle(first);

        OverlapScores next = index.findMatches(hashes(40));

        assertThat(next.deviceBlocks()).isSameAs(first.deviceBlocks()).containsOnly(0);
        assertThat(meanwhile.device(slots.slotOf(A))).isEqualTo(3);
    }

    @Test
    void scoresOfEveryTierAreWrittenIntoAgain() {
        store(A, OptionalLong.empty(), new long[] {1}, new long[] {10});
        index.apply(new RouterEvent(
                A, StorageTier.DISK, ++eventId, new KvCacheEvent.Stored(OptionalLong.of(1), new long[] {2}, new long[] {
                    20
                })));
        for (int look = 0; look < 3; look++) {
            OverlapScores scores = index.findMatches(hashes(10, 20));
            assertThat(List.of(scores.device(0), scores.hostPinned(0), scores.disk(0)))
                    .containsExactly(1, 0, 1);
            index.recycle(scores);
        }
    }

    @Test
    void childrenOfARemovedParentMatchAgainOnceItIsStoredAgain() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        remove(A, 2);
        assertThat(device(A, 10, 20, 30)).isEqualTo(1);

        store(A, OptionalLong.of(1), new long[] {2}, new long[] {20});
        assertThat(device(A, 10, 20, 30)).isEqualTo(3);
    }

    /// The first rank's names are its own; what the others call the same blocks is in lines together.
    @Test
    void manyRanksMayAgreeOnNamesThatAreNotTheRuns() {
        List<WorkerWithDpRank> others = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            others.add(new WorkerWithDpRank(100 + i, 0));
            slots.assign(others.get(i));
        }
        store(A, OptionalLong.empty(), new long[] {101, 102, 103}, new long[] {10, 20, 30});
        others.forEach(other -> store(other, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30}));
        assertThat(others)
                .allSatisfy(other -> assertThat(device(other, 10, 20, 30)).isEqualTo(3));

        List<WorkerWithDpRank> odd =
                others.stream().filter(other -> other.workerId() % 2 == 1).toList();
        odd.forEach(other -> remove(other, 2));
        odd.forEach(other -> store(other, OptionalLong.of(3), new long[] {4}, new long[] {40}));
        assertThat(others)
                .allSatisfy(other -> assertThat(device(other, 10, 20, 30, 40)).isEqualTo(odd.contains(other) ? 1 : 3));
        odd.forEach(other -> store(other, OptionalLong.of(1), new long[] {2}, new long[] {20}));
        assertThat(odd)
                .allSatisfy(other -> assertThat(device(other, 10, 20, 30, 40)).isEqualTo(4));

        others.forEach(other -> remove(other, 4, 3, 2, 1));
        assertThat(index.stats().rejected().unknownHashes()).isEqualTo(others.size() - odd.size());
        remove(A, 101, 102, 103);
        assertThat(index.parts()).isZero();
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

    @Test
    void aHashThatComesBeforeItselfIsAnInvalidSequence() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 1, 3}, new long[] {10, 20, 30, 40});

        assertThat(index.stats().rejected().invalidSequences()).isEqualTo(1);
        assertThat(device(A, 10, 20, 30, 40)).isZero();
        store(A, OptionalLong.empty(), new long[] {1}, new long[] {10});
        assertThat(device(A, 10, 20, 30, 40)).isEqualTo(2);

        store(A, OptionalLong.of(2), new long[] {2}, new long[] {50});
        assertThat(index.stats().rejected().invalidSequences()).isEqualTo(2);
        assertThat(device(A, 10, 20)).isEqualTo(1);
    }

    @Test
    void ranksThatCallTheSameBlocksOtherwiseDoNotDisturbEachOther() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        store(B, OptionalLong.empty(), new long[] {3, 1, 2}, new long[] {10, 20, 30});
        store(B, OptionalLong.of(2), new long[] {7}, new long[] {40});
        remove(A, 3, 2);

        assertThat(device(A, 10, 20, 30)).isEqualTo(1);
        assertThat(device(B, 10, 20, 30, 40)).isEqualTo(4);
        remove(B, 7, 2, 1, 3);
        assertThat(device(B, 10)).isZero();
        assertThat(index.stats().rejected()).isEqualTo(IndexStats.NONE.rejected());
    }

    @Test
    void aRankThatGetsASlotOfAnotherInheritsNothing() {
        WorkerSlots few = fullSlotsBut(1);
        PrefixKvIndexer reused = new PrefixKvIndexer(few);
        int slot = few.assign(A);
        reused.apply(stored(A, new long[] {1, 2}, new long[] {10, 20}));
        few.release(A);
        assertThat(few.assign(B)).isEqualTo(slot);
        reused.apply(stored(B, new long[] {5}, new long[] {10}));

        assertThat(reused.findMatches(hashes(10, 20)).device(slot)).isEqualTo(1);
        reused.removeRank(A);
        assertThat(reused.findMatches(hashes(10, 20)).device(slot)).isEqualTo(1);
        reused.removeRank(B);
        assertThat(reused.parts()).isZero();
    }

    @Test
    void aRankThatComesBackInAnotherSlotLeavesNothingInTheOldOne() {
        WorkerSlots few = fullSlotsBut(2);
        PrefixKvIndexer moved = new PrefixKvIndexer(few);
        int before = few.assign(A);
        moved.apply(stored(A, new long[] {1}, new long[] {10}));
        few.release(A);
        int after = few.assign(A);
        moved.apply(stored(A, new long[] {1}, new long[] {10}));

        assertThat(after).isNotEqualTo(before);
        assertThat(moved.findMatches(hashes(10)).device(before)).isZero();
        assertThat(moved.findMatches(hashes(10)).device(after)).isEqualTo(1);
    }

    @Test
    void theLastSlotsAreAsGoodAsTheFirst() {
        WorkerSlots few = fullSlotsBut(1);
        PrefixKvIndexer wide = new PrefixKvIndexer(few);
        int slot = few.assign(A);
        wide.apply(stored(A, new long[] {1, 2}, new long[] {10, 20}));

        assertThat(slot).isEqualTo(WorkerSlots.SLOTS_MAX - 1);
        assertThat(wide.findMatches(hashes(10, 20, 30)).device(slot)).isEqualTo(2);
    }

    @Test
    void aFullIndexCutsStoresShortCountsThemAndGoesOn() {
        IndexLimits limits =
                new IndexLimits(IndexLimits.ENTRIES_PER_RANK_MAX, 20, 16, 8, 1 << 15, KeyMix.random(new Random(3)));
        PrefixKvIndexer full = new PrefixKvIndexer(slots, limits);
        List<long[]> prompts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            long[] prompt = new SplittableRandom(i).longs(100).toArray();
            prompts.add(prompt);
            full.apply(stored(A, prompt, prompt));
        }
        int slot = slots.slotOf(A);
        long matched = 0;
        for (long[] prompt : prompts) {
            matched += full.findMatches(hashes(prompt)).device(slot);
        }
        assertThat(full.stats().rejected().overLimit()).isPositive();
        assertThat(matched).isPositive().isEqualTo(full.stats().ownerBlocks().device());

        full.removeRank(A);
        assertThat(full.parts()).isZero();
        full.apply(stored(A, prompts.getLast(), prompts.getLast()));
        assertThat(full.findMatches(hashes(prompts.getLast())).device(slot)).isEqualTo(100);
    }

    @Test
    void onlyTheRanksThatAreWantedAreDumped() {
        store(A, OptionalLong.empty(), new long[] {1, 2}, new long[] {10, 20});
        store(B, OptionalLong.empty(), new long[] {1, 3}, new long[] {10, 30});

        List<RouterEvent> events = new ArrayList<>();
        index.dump(B::equals, events::add);
        assertThat(events)
                .isNotEmpty()
                .allSatisfy(event -> assertThat(event.worker()).isEqualTo(B));
    }

    @Test
    void memoryIsUsedAgain() {
        long bytes = 0;
        for (int round = 0; round < 200; round++) {
            for (int i = 0; i < 20; i++) {
                long[] prompt =
                        new SplittableRandom(1000L * round + i).longs(500).toArray();
                index.apply(stored(A, prompt, prompt));
            }
            index.removeRank(A);
            bytes = round == 20 ? index.stats().bytes() : bytes;
        }
        assertThat(index.stats().bytes()).isEqualTo(bytes);
    }

    /// B parts from A behind the first block. What parted behind the second is gone, so that A's way on
    /// is two nodes, of which the second need not be looked at.
    @Test
    void earlyExitStopsAtTheLastRankAndNeverSaysTooMuch() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        store(B, OptionalLong.empty(), new long[] {1, 5}, new long[] {10, 50});
        store(B, OptionalLong.of(1), new long[] {2, 6}, new long[] {20, 60});
        remove(B, 6, 2);

        OverlapScores early = index.findMatches(hashes(10, 20, 30), true);
        assertThat(early.device(slots.slotOf(A))).isEqualTo(2);
        assertThat(early.device(slots.slotOf(B))).isEqualTo(1);
        assertThat(index.findMatches(hashes(10, 20, 30)).device(slots.slotOf(A)))
                .isEqualTo(3);
    }

    @Test
    void aReaderThatIsAlwaysDisturbedWaitsForTheWriterAndIsCounted() {
        PrefixKvIndexer disturbed =
                new PrefixKvIndexer(slots, IndexLimits.of(new Random(1), 0), memory -> new Phase(memory) {
                    @Override
                    boolean isSameTurn(long before) {
                        return false;
                    }
                });
        long[] prompt = {1, 2, 3};
        disturbed.apply(new RouterEvent(
                A, StorageTier.DEVICE, 1, new KvCacheEvent.Stored(OptionalLong.empty(), prompt, prompt)));

        OverlapScores scores = disturbed.findMatches(new BlockHashes(prompt, prompt, 16));

        assertThat(scores.device(slots.slotOf(A))).isEqualTo(3);
        assertThat(disturbed.stats().readers()).isEqualTo(new IndexStats.Readers(PrefixKvIndexer.TRIES_MAX, 1));
    }

    @Test
    void anUndisturbedReaderIsNotCounted() {
        index.findMatches(new BlockHashes(new long[] {1}, new long[] {1}, 16));

        assertThat(index.stats().readers()).isEqualTo(new IndexStats.Readers(0, 0));
    }

    @Test
    void detailsNameTheLastDeviceBlockAsItsRankDoes() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        store(B, OptionalLong.empty(), new long[] {4, 5}, new long[] {10, 20});

        MatchDetails details = index.findMatchDetails(hashes(10, 20, 30));
        assertThat(details.lastDeviceHashes()[slots.slotOf(A)]).isEqualTo(3);
        assertThat(details.lastDeviceHashes()[slots.slotOf(B)]).isEqualTo(5);
    }

    @Test
    void aDumpTellsParentsBeforeChildrenAndWhatIsOutOfReachToo() {
        store(A, OptionalLong.empty(), new long[] {1, 2, 3}, new long[] {10, 20, 30});
        remove(A, 2);
        List<RouterEvent> events = new ArrayList<>();
        index.dump(events::add);
        assertThat(events).extracting(RouterEvent::eventId).containsExactly(1L, 2L, 3L, 4L);

        PrefixKvIndexer loaded = new PrefixKvIndexer(slots);
        events.forEach(loaded::apply);
        int slot = slots.slotOf(A);
        assertThat(loaded.findMatches(hashes(10, 20, 30)).device(slot)).isEqualTo(1);
        loaded.apply(event(
                A, StorageTier.DEVICE, new KvCacheEvent.Stored(OptionalLong.of(1), new long[] {2}, new long[] {20})));
        assertThat(loaded.findMatches(hashes(10, 20, 30)).device(slot)).isEqualTo(3);
    }

    private static WorkerSlots fullSlotsBut(int free) {
        WorkerSlots full = new WorkerSlots();
        for (int i = 0; i < WorkerSlots.SLOTS_MAX - free; i++) {
            full.assign(new WorkerWithDpRank(5000 + i, 0));
        }
        return full;
    }

    private RouterEvent stored(WorkerWithDpRank rank, long[] blocks, long[] tokens) {
        return event(rank, StorageTier.DEVICE, new KvCacheEvent.Stored(OptionalLong.empty(), blocks, tokens));
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
