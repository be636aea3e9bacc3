package io.kvepp.kvcache.routed;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// An index of where prompts were sent: each block counts as held by its rank for a time to live
/// after the last prompt with it.
///
/// - Blocks expire in buckets of [#BUCKET], rounded up, at the next [#expire].
/// - A rank has at most `blocksPerRankMax`; beyond, those not used for longest go first, the last
///   of a prompt before those before it. So what is left of a prompt is always its beginning.
/// - The index's external hashes are the sequence hashes.
///
/// Source: Dynamo `lib/kv-router/src/indexer/pruning.rs`; the limit is ours.
///
/// Thread-safe. The only writer of its index. [#findMatches] does not wait, the rest does for
/// microseconds.
public final class RoutedBlocks implements PrefixFinder {
    /// How exactly the time to live is kept.
    public static final Duration BUCKET = Duration.ofMillis(100);

    /// Others may write between two batches of an expiry.
    private static final int EXPIRED_AT_ONCE_MAX = 1_024;

    private final KvIndexer indexer;
    private final WorkerSlots slots;
    private final Limits limits;
    private final LongSupplier nanoClock;
    private final long originNanos;
    private final Map<WorkerWithDpRank, RecentRuns> ranks = new HashMap<>();
    private final LongAdder blocks = new LongAdder();
    private final LongAdder droppedBlocks = new LongAdder();
    private long lastEventId;
    private long lastDecision;

    /// How long and how many blocks are remembered.
    ///
    /// - `timeToLive`: after the last prompt with a block, positive
    /// - `blocksPerRankMax`: at least 1
    ///
    /// Immutable.
    public record Limits(Duration timeToLive, int blocksPerRankMax) {}

    /// @param indexer empty, and written by nobody else
    /// @param nanoClock monotonic, of any origin
    public RoutedBlocks(KvIndexer indexer, WorkerSlots slots, Limits limits, LongSupplier nanoClock) {
        this.indexer = indexer;
        this.slots = slots;
        this.limits = limits;
        this.nanoClock = nanoClock;
        originNanos = nanoClock.getAsLong();
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes) {
        return indexer.findMatches(hashes);
    }

    @Override
    public void recycle(OverlapScores scores) {
        indexer.recycle(scores);
    }

    /// Adds a prompt's blocks, or makes them live longer. A rank without a slot is skipped.
    ///
    /// Undone, those of its blocks go that no other prompt was sent with, unless that was undone too;
    /// those it made live longer stay so.
    @Override
    public synchronized Undo routed(WorkerWithDpRank worker, BlockHashes hashes) {
        int count = Math.min(hashes.count(), limits.blocksPerRankMax());
        if (count == 0 || slots.slotOf(worker) == WorkerSlots.NONE) {
            return Undo.NOTHING;
        }
        droppedBlocks.add(hashes.count() - count);
        RecentRuns rank = ranks.computeIfAbsent(worker, _ -> new RecentRuns());
        long decision = ++lastDecision;
        int before = rank.size();
        int known = rank.touch(hashes.sequence(), count, expiry(), decision);
        blocks.add(rank.size() - before);
        store(worker, OptionalLong.empty(), hashes.sequence(), hashes.local(), known, count);
        dropBeyondLimit(worker, rank);
        AtomicBoolean undone = new AtomicBoolean();
        return () -> {
            if (undone.compareAndSet(false, true)) {
                undo(worker, hashes.sequence(), count, decision);
            }
        };
    }

    /// Takes over what another replica's index of decisions says, as if it had been decided now.
    /// False, and nothing happens, unless the event stores device blocks under their sequence
    /// hashes and under a parent that is here, and the rank has a slot and room.
    public synchronized boolean adopt(RouterEvent event) {
        if (event.tier() != StorageTier.DEVICE
                || !(event.event() instanceof KvCacheEvent.Stored stored)
                || !hasSequenceHashes(stored)
                || slots.slotOf(event.worker()) == WorkerSlots.NONE) {
            return false;
        }
        RecentRuns rank = ranks.computeIfAbsent(event.worker(), _ -> new RecentRuns());
        OptionalLong parent = stored.parentHash();
        long[] sequence = stored.blockHashes();
        int before = rank.size();
        if (before + sequence.length > limits.blocksPerRankMax()) {
            return false;
        }
        long decision = ++lastDecision;
        int known = parent.isPresent()
                ? rank.touchAfter(parent.getAsLong(), sequence, expiry(), decision)
                : rank.touch(sequence, sequence.length, expiry(), decision);
        if (known < 0) {
            return false;
        }
        blocks.add(rank.size() - before);
        store(event.worker(), parent, sequence, stored.tokensHashes(), known, sequence.length);
        return true;
    }

    /// Drops what has expired. To be called about every [#BUCKET].
    public void expire() {
        long now = nowBucket();
        for (WorkerWithDpRank worker : workers()) {
            boolean more = true;
            while (more) {
                more = expireSome(worker, now);
            }
        }
    }

    /// Forgets the rank, then runs `release`, which takes the rank's slot away: no decision gets in
    /// between.
    public synchronized void removeRank(WorkerWithDpRank worker, Runnable release) {
        @Nullable RecentRuns rank = ranks.remove(worker);
        if (rank != null) {
            blocks.add(-rank.size());
        }
        indexer.removeRank(worker);
        release.run();
    }

    /// Blocks that count as held, once for each rank.
    public long blocks() {
        return blocks.sum();
    }

    /// Blocks that were not remembered, or not for their time to live, because a rank had too many.
    public long droppedBlocks() {
        return droppedBlocks.sum();
    }

    /// Forgets those of the first blocks that no other decision stands for.
    private synchronized void undo(WorkerWithDpRank worker, long[] sequence, int blocks, long decision) {
        @Nullable RecentRuns rank = ranks.get(worker);
        if (rank == null) {
            return;
        }
        long[] removed = new long[blocks];
        remove(worker, removed, rank.untouch(sequence, blocks, decision, removed));
    }

    /// The blocks from `known` to `count`, the first ones of which follow `parent`.
    private void store(
            WorkerWithDpRank worker, OptionalLong parent, long[] sequence, long[] local, int known, int count) {
        if (known < count) {
            apply(
                    worker,
                    new KvCacheEvent.Stored(
                            known == 0 ? parent : OptionalLong.of(sequence[known - 1]),
                            Arrays.copyOfRange(sequence, known, count),
                            Arrays.copyOfRange(local, known, count)));
        }
    }

    private static boolean hasSequenceHashes(KvCacheEvent.Stored stored) {
        OptionalLong parent = stored.parentHash();
        for (int i = 0; i < stored.blockHashes().length; i++) {
            long local = stored.tokensHashes()[i];
            long sequence = parent.isPresent() ? BlockHasher.next(parent.getAsLong(), local) : local;
            if (stored.blockHashes()[i] != sequence) {
                return false;
            }
            parent = OptionalLong.of(sequence);
        }
        return stored.blockHashes().length > 0;
    }

    private synchronized List<WorkerWithDpRank> workers() {
        return List.copyOf(ranks.keySet());
    }

    private synchronized boolean expireSome(WorkerWithDpRank worker, long now) {
        @Nullable RecentRuns rank = ranks.get(worker);
        if (rank == null) {
            return false;
        }
        int count = removeOldest(worker, rank, now, EXPIRED_AT_ONCE_MAX);
        if (rank.size() == 0) {
            ranks.remove(worker);
        }
        return count == EXPIRED_AT_ONCE_MAX;
    }

    private void dropBeyondLimit(WorkerWithDpRank worker, RecentRuns rank) {
        int beyond = Math.max(0, rank.size() - limits.blocksPerRankMax());
        droppedBlocks.add(removeOldest(worker, rank, Long.MAX_VALUE, beyond));
    }

    private int removeOldest(WorkerWithDpRank worker, RecentRuns rank, long moment, int max) {
        long[] removed = new long[Math.min(max, rank.size())];
        int count = rank.removeOldest(moment, removed);
        remove(worker, removed, count);
        return count;
    }

    private void remove(WorkerWithDpRank worker, long[] hashes, int count) {
        if (count > 0) {
            blocks.add(-count);
            apply(worker, new KvCacheEvent.Removed(count == hashes.length ? hashes : Arrays.copyOf(hashes, count)));
        }
    }

    private void apply(WorkerWithDpRank worker, KvCacheEvent event) {
        indexer.apply(new RouterEvent(worker, StorageTier.DEVICE, ++lastEventId, event));
    }

    /// The bucket in which what is touched now expires.
    private int expiry() {
        long nanos = elapsedNanos() + limits.timeToLive().toNanos();
        return Math.toIntExact(-Math.floorDiv(-nanos, BUCKET.toNanos()));
    }

    /// The last bucket that has passed.
    private long nowBucket() {
        return Math.floorDiv(elapsedNanos(), BUCKET.toNanos());
    }

    private long elapsedNanos() {
        return nanoClock.getAsLong() - originNanos;
    }
}
