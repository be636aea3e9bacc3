package io.kvepp.kvcache.routed;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RoutedBlocksTest {
    private static final WorkerWithDpRank ONE = new WorkerWithDpRank(-1, 0);
    private static final WorkerWithDpRank TWO = new WorkerWithDpRank(2, 1);
    private static final BlockHasher HASHER = new BlockHasher(1, null, null, false);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
    private final RoutedBlocks routed = routedBlocks(100);

    RoutedBlocksTest() {
        slots.assign(ONE);
        slots.assign(TWO);
    }

    @Test
    void aPromptCountsAsHeldWhereItWentAndNowhereElse() {
        routed.routed(ONE, prompt(1, 2, 3));

        assertThat(held(ONE, prompt(1, 2, 3, 4))).isEqualTo(3);
        assertThat(held(ONE, prompt(1, 2, 9))).isEqualTo(2);
        assertThat(held(TWO, prompt(1, 2, 3))).isZero();
        assertThat(routed.blocks()).isEqualTo(3);
    }

    @Test
    void whatWasNotSentAfterAllIsForgottenUnlessALaterPromptUsesIt() {
        PrefixFinder.Undo first = routed.routed(ONE, prompt(1, 2, 3, 4));
        PrefixFinder.Undo second = routed.routed(ONE, prompt(1, 2, 5));

        first.undo();
        assertThat(held(ONE, prompt(1, 2, 3, 4))).isEqualTo(2);
        assertThat(held(ONE, prompt(1, 2, 5))).isEqualTo(3);

        routed.routed(ONE, prompt(1, 2, 3));
        first.undo();
        second.undo();
        assertThat(held(ONE, prompt(1, 2, 3))).isEqualTo(3);
        assertThat(held(ONE, prompt(1, 2, 5))).isEqualTo(2);
        assertThat(routed.blocks()).isEqualTo(3);
        assertThat(indexer.stats().ownerBlocks().all()).isEqualTo(3);
    }

    @Test
    void whatOnlyCancelledPicksSharedIsForgottenWithTheLastOfThem() {
        PrefixFinder.Undo first = routed.routed(ONE, prompt(1, 2, 3));
        PrefixFinder.Undo second = routed.routed(ONE, prompt(1, 2, 4));
        PrefixFinder.Undo third = routed.routed(ONE, prompt(1, 2, 3));

        second.undo();
        first.undo();
        first.undo();
        assertThat(held(ONE, prompt(1, 2, 3))).isEqualTo(3);
        assertThat(routed.blocks()).isEqualTo(3);

        third.undo();
        assertThat(held(ONE, prompt(1, 2, 3))).isZero();
        assertThat(routed.blocks()).isZero();
        assertThat(indexer.stats().ownerBlocks().all()).isZero();
    }

    @Test
    void aDecisionOfBeforeItsBlocksExpiredIsUndoneAlready() {
        PrefixFinder.Undo late = routed.routed(ONE, prompt(1, 2));
        advance(1_100);
        routed.expire();
        routed.routed(ONE, prompt(1, 2));

        late.undo();

        assertThat(held(ONE, prompt(1, 2))).isEqualTo(2);
    }

    @Test
    void anUndoneDecisionLeavesNoTraceOfItself() {
        routed.routed(ONE, prompt(1, 2, 3)).undo();
        routed.routed(TWO, BlockHashes.none(16)).undo();

        assertThat(held(ONE, prompt(1, 2, 3))).isZero();
        assertThat(routed.blocks()).isZero();
        advance(2_000);
        routed.expire();
        assertThat(indexer.stats().rejected().unknownHashes()).isZero();
    }

    @Test
    void aDecisionForARankThatLeftIsUndoneAlready() {
        PrefixFinder.Undo undo = routed.routed(ONE, prompt(1, 2));
        routed.removeRank(ONE, () -> {});

        undo.undo();

        assertThat(routed.blocks()).isZero();
        assertThat(indexer.stats().rejected().unknownHashes()).isZero();
    }

    @Test
    void itExpiresAfterItsTimeToLiveRoundedUpToABucket() {
        advance(50);
        routed.routed(ONE, prompt(1, 2));
        advance(1_000);
        routed.expire();
        assertThat(held(ONE, prompt(1, 2))).isEqualTo(2);

        advance(49);
        routed.expire();
        assertThat(held(ONE, prompt(1, 2))).isEqualTo(2);

        advance(1);
        routed.expire();
        assertThat(held(ONE, prompt(1, 2))).isZero();
        assertThat(routed.blocks()).isZero();
        assertThat(indexer.stats().ownerBlocks().all()).isZero();
    }

    @Test
    void whatIsSentAgainLivesLonger() {
        routed.routed(ONE, prompt(1, 2, 3));
        advance(600);
        routed.routed(ONE, prompt(1, 2, 4));
        advance(600);
        routed.expire();

        assertThat(held(ONE, prompt(1, 2, 3))).isEqualTo(2);
        assertThat(held(ONE, prompt(1, 2, 4))).isEqualTo(3);
    }

    @Test
    void moreThanOneBatchExpiresAtOnce() {
        RoutedBlocks many = routedBlocks(10_000);
        many.routed(ONE, new BlockHasher(1, null, null, false).hash(new int[5_000]));
        advance(1_000);
        many.expire();

        assertThat(many.blocks()).isZero();
    }

    @Test
    void aFullRankLosesTheEndOfWhatWasUsedLongestAgo() {
        RoutedBlocks small = routedBlocks(5);
        small.routed(ONE, prompt(1, 2, 3));
        small.routed(ONE, prompt(7, 8, 9));

        assertThat(held(ONE, prompt(1, 2, 3))).isEqualTo(2);
        assertThat(held(ONE, prompt(7, 8, 9))).isEqualTo(3);
        assertThat(small.blocks()).isEqualTo(5);
        assertThat(small.droppedBlocks()).isEqualTo(1);
    }

    @Test
    void aPromptLongerThanTheLimitIsHeldInPart() {
        RoutedBlocks small = routedBlocks(2);
        small.routed(ONE, prompt(1, 2, 3, 4, 5));

        assertThat(held(ONE, prompt(1, 2, 3, 4, 5))).isEqualTo(2);
        assertThat(small.droppedBlocks()).isEqualTo(3);
    }

    @Test
    void aRankWithoutASlotIsSkipped() {
        routed.routed(new WorkerWithDpRank(3, 0), prompt(1));
        routed.routed(ONE, BlockHashes.none(16));

        assertThat(routed.blocks()).isZero();
        assertThat(indexer.stats().eventsApplied()).isZero();
    }

    @Test
    void aRemovedRankIsForgottenBeforeItsSlotIsFree() {
        routed.routed(ONE, prompt(1, 2));
        int slot = slots.slotOf(ONE);
        List<Integer> heldAtRelease = new ArrayList<>();
        routed.removeRank(ONE, () -> {
            heldAtRelease.add(indexer.findMatches(prompt(1, 2)).device(slot));
            slots.release(ONE);
        });
        routed.routed(ONE, prompt(1, 2));

        assertThat(heldAtRelease).containsExactly(0);
        assertThat(routed.blocks()).isZero();
        assertThat(indexer.stats().ownerBlocks().all()).isZero();
    }

    @Test
    void anotherReplicasDecisionsAreTakenOverAsIfDecidedNow() {
        routed.routed(ONE, prompt(1, 2, 3, 4));
        routed.routed(TWO, prompt(1, 5));
        PrefixKvIndexer other = new PrefixKvIndexer(slots);
        RoutedBlocks warm = new RoutedBlocks(other, slots, limits(100), nanos::get);
        indexer.dump(event -> assertThat(warm.adopt(event)).isTrue());

        assertThat(other.findMatches(prompt(1, 2, 3, 4)).device(slots.slotOf(ONE)))
                .isEqualTo(4);
        assertThat(other.findMatches(prompt(1, 5)).device(slots.slotOf(TWO))).isEqualTo(2);
        assertThat(warm.blocks()).isEqualTo(6);
        advance(1_000);
        warm.expire();
        assertThat(other.stats().ownerBlocks().all()).isZero();
    }

    @Test
    void whatDoesNotFitIsNotTakenOver() {
        long first = prompt(1).sequence()[0];
        KvCacheEvent.Stored one = stored(prompt(1));

        assertThat(routed.adopt(event(ONE, StorageTier.HOST_PINNED, one))).isFalse();
        assertThat(routed.adopt(event(ONE, StorageTier.DEVICE, new KvCacheEvent.Cleared())))
                .isFalse();
        assertThat(routed.adopt(event(new WorkerWithDpRank(3, 0), StorageTier.DEVICE, one)))
                .isFalse();
        KvCacheEvent engineHash = new KvCacheEvent.Stored(one.parentHash(), new long[] {first + 1}, one.tokensHashes());
        assertThat(routed.adopt(event(ONE, StorageTier.DEVICE, engineHash))).isFalse();
        KvCacheEvent orphan = new KvCacheEvent.Stored(
                OptionalLong.of(first),
                new long[] {prompt(1, 2).sequence()[1]},
                new long[] {prompt(1, 2).local()[1]});
        assertThat(routed.adopt(event(ONE, StorageTier.DEVICE, orphan))).isFalse();
        assertThat(routedBlocks(1).adopt(event(ONE, StorageTier.DEVICE, stored(prompt(1, 2)))))
                .isFalse();
        assertThat(routed.adopt(event(ONE, StorageTier.DEVICE, one))).isTrue();
        assertThat(routed.adopt(event(ONE, StorageTier.DEVICE, orphan))).isTrue();
        assertThat(routed.blocks()).isEqualTo(2);
    }

    private RoutedBlocks routedBlocks(int blocksPerRankMax) {
        return new RoutedBlocks(indexer, slots, limits(blocksPerRankMax), nanos::get);
    }

    private static RoutedBlocks.Limits limits(int blocksPerRankMax) {
        return new RoutedBlocks.Limits(Duration.ofSeconds(1), blocksPerRankMax);
    }

    private void advance(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private int held(WorkerWithDpRank rank, BlockHashes hashes) {
        return indexer.findMatches(hashes).device(slots.slotOf(rank));
    }

    private static BlockHashes prompt(int... tokens) {
        return HASHER.hash(Arrays.copyOf(tokens, tokens.length));
    }

    private static KvCacheEvent.Stored stored(BlockHashes hashes) {
        return new KvCacheEvent.Stored(OptionalLong.empty(), hashes.sequence(), hashes.local());
    }

    private static RouterEvent event(WorkerWithDpRank rank, StorageTier tier, KvCacheEvent event) {
        return new RouterEvent(rank, tier, 1, event);
    }
}
