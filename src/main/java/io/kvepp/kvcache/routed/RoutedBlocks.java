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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
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
/// microseconds: a very long prompt is told to the index in steps, and what is decided meanwhile
/// for its rank comes to be found after it.
public final class RoutedBlocks implements PrefixFinder {
    /// How exactly the time to live is kept.
    public static final Duration BUCKET = Duration.ofMillis(100);

    /// Others may write in between.
    private static final int BLOCKS_AT_ONCE_MAX = 1_024;

    /// The monitor goes to whoever runs first: one who comes back at once would not let the others in.
    private static final long LET_OTHERS_IN_NANOS = 20_000;

    private final KvIndexer indexer;
    private final WorkerSlots slots;
    private final Limits limits;
    private final LongSupplier nanoClock;
    private final long originNanos;
    private final Map<WorkerWithDpRank, RankWrites> ranks = new HashMap<>();
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
    public Undo routed(WorkerWithDpRank worker, BlockHashes hashes) {
        Undo undo = touch(worker, hashes);
        apply(worker);
        return undo;
    }

    private synchronized Undo touch(WorkerWithDpRank worker, BlockHashes hashes) {
        int count = Math.min(hashes.count(), limits.blocksPerRankMax());
        if (count == 0 || slots.slotOf(worker) == WorkerSlots.NONE) {
            return Undo.NOTHING;
        }
        droppedBlocks.add(hashes.count() - count);
        RankWrites rank = ranks.computeIfAbsent(worker, RankWrites::new);
        long decision = ++lastDecision;
        int before = rank.runs().size();
        int known = rank.runs().touch(hashes.sequence(), count, expiry(), decision);
        blocks.add(rank.runs().size() - before);
        rank.stored(OptionalLong.empty(), hashes.sequence(), hashes.local(), known, count);
        dropBeyondLimit(rank);
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
    public boolean adopt(RouterEvent event) {
        boolean adopted = touchAfterParent(event);
        apply(event.worker());
        return adopted;
    }

    private synchronized boolean touchAfterParent(RouterEvent event) {
        if (event.tier() != StorageTier.DEVICE
                || !(event.event() instanceof KvCacheEvent.Stored stored)
                || !hasSequenceHashes(stored)
                || slots.slotOf(event.worker()) == WorkerSlots.NONE) {
            return false;
        }
        RankWrites rank = ranks.computeIfAbsent(event.worker(), RankWrites::new);
        OptionalLong parent = stored.parentHash();
        long[] sequence = stored.blockHashes();
        int before = rank.runs().size();
        if (before + sequence.length > limits.blocksPerRankMax()) {
            return false;
        }
        long decision = ++lastDecision;
        int known = parent.isPresent()
                ? rank.runs().touchAfter(parent.getAsLong(), sequence, expiry(), decision)
                : rank.runs().touch(sequence, sequence.length, expiry(), decision);
        if (known < 0) {
            return false;
        }
        blocks.add(rank.runs().size() - before);
        rank.stored(parent, sequence, stored.tokensHashes(), known, sequence.length);
        return true;
    }

    /// Drops what has expired. To be called about every [#BUCKET].
    public void expire() {
        long now = nowBucket();
        for (WorkerWithDpRank worker : workers()) {
            boolean more = true;
            while (more) {
                more = expireSome(worker, now);
                apply(worker);
            }
        }
    }

    /// Forgets the rank, then runs `release`, which takes the rank's slot away: no decision gets in
    /// between.
    public synchronized void removeRank(WorkerWithDpRank worker, Runnable release) {
        @Nullable RankWrites rank = ranks.remove(worker);
        if (rank != null) {
            blocks.add(-rank.runs().size());
            rank.forget();
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
    private void undo(WorkerWithDpRank worker, long[] sequence, int blocks, long decision) {
        untouch(worker, sequence, blocks, decision);
        apply(worker);
    }

    private synchronized void untouch(WorkerWithDpRank worker, long[] sequence, int blocks, long decision) {
        @Nullable RankWrites rank = ranks.get(worker);
        if (rank == null) {
            return;
        }
        long[] removed = new long[blocks];
        remove(rank, removed, rank.runs().untouch(sequence, blocks, decision, removed));
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
        @Nullable RankWrites rank = ranks.get(worker);
        if (rank == null) {
            return false;
        }
        int count = removeOldest(rank, now, BLOCKS_AT_ONCE_MAX);
        if (rank.runs().size() == 0 && rank.isAllTold()) {
            ranks.remove(worker);
        }
        return count == BLOCKS_AT_ONCE_MAX;
    }

    private void dropBeyondLimit(RankWrites rank) {
        int beyond = Math.max(0, rank.runs().size() - limits.blocksPerRankMax());
        droppedBlocks.add(removeOldest(rank, Long.MAX_VALUE, beyond));
    }

    private int removeOldest(RankWrites rank, long moment, int max) {
        long[] removed = new long[Math.min(max, rank.runs().size())];
        int count = rank.runs().removeOldest(moment, removed);
        remove(rank, removed, count);
        return count;
    }

    private void remove(RankWrites rank, long[] hashes, int count) {
        blocks.add(-count);
        rank.removed(hashes, count);
    }

    /// Tells the index what it was not told of a rank, unless somebody else is at it, in steps that
    /// others need not wait for.
    private void apply(WorkerWithDpRank worker) {
        @Nullable RankWrites rank = beginApplying(worker);
        while (rank != null && applySome(rank)) {
            LockSupport.parkNanos(LET_OTHERS_IN_NANOS);
        }
    }

    private synchronized @Nullable RankWrites beginApplying(WorkerWithDpRank worker) {
        @Nullable RankWrites rank = ranks.get(worker);
        if (rank == null || rank.isApplying()) {
            return null;
        }
        rank.applying(true);
        return rank;
    }

    /// True if there is more to apply, which is for the same thread.
    private synchronized boolean applySome(RankWrites rank) {
        boolean more = false;
        try {
            @Nullable KvCacheEvent event = rank.next(BLOCKS_AT_ONCE_MAX);
            if (event != null) {
                indexer.apply(new RouterEvent(rank.worker(), StorageTier.DEVICE, ++lastEventId, event));
            }
            more = !rank.isAllTold();
        } finally {
            rank.applying(more);
        }
        return more;
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
