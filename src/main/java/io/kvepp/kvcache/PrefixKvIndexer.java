package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A [KvIndexer] over one tree of stored runs of blocks.
///
/// A rank without a slot is skipped: discovery does not know it (any more).
///
/// Single-writer for [#apply], [#repeat] and [#removeRank]; thread-safe for the rest.
public final class PrefixKvIndexer implements KvIndexer {
    /*
     * Structure
     * ---------
     * One tree of prompts for all ranks and tiers (Content). A stored event's new blocks are a run:
     * their local and external hashes side by side in memory (Run). A node is a stretch of a run; where
     * prompts part it is split into two nodes over the same memory. A lookup compares local hashes
     * along the way and hashes nothing (Lookup).
     *
     * Each node knows its owners: for the device how many of its first blocks each rank holds (Owners),
     * for the other tiers a bitmap (SlotMap, Bits). The result array is the set of ranks still in the
     * game at the same time: a rank is if its length so far is the node's depth. Blocks that a rank
     * holds behind its first hole are in a bitmap of the writer's; when the hole is filled the writer
     * moves the cutoff. So holes cost a reader nothing.
     *
     * External hashes only lead the writer to a block. One table serves all ranks as long as they call
     * a block the same (HashLines): a block costs a table entry once, and an event about blocks that
     * the tree has, none. A rank with names of its own has them in aliases beside the run (Alias), and
     * one with several names for a block has those in a map (Doubles).
     *
     * Memory order
     * ------------
     * One writer; readers take no lock and write nothing. What a reader can come across is published by
     * a release store after what it leads to: a node in its siblings' table, a length after the blocks,
     * an owner's entry, a bitmap before its slot; readers load with acquire, the length before the
     * blocks. What a reader has once seen stays readable as long as it looks: a node holds the
     * array its blocks are in, which is written again only in a later turn. Whether all it saw can
     * have been one state is told by one number (Phase, with the argument). After TRIES_MAX looks
     * in vain, a reader takes the writer's lock, which is fair: it waits for one event at most, or
     * for those applied together.
     *
     * Space
     * -----
     * A distinct block takes 16 bytes in a run, at most a fifth more by size classes, and 9 bytes in a
     * table, which is 35 to 70 % full; a node and its run some 250 bytes; a rank in a node 4 bytes or
     * less. Measured on a conversation trace: 26 to 33 bytes for a block of a rank, 44 where the index
     * is small beside a slab, flat in churn; 37 to 46 where every rank has its own names.
     * Memory goes back as blocks go (PagePool, Compaction): a tenth of the prompts, left at random,
     * takes less than a quarter of what all took.
     *
     * What was tried and is worse: a flat table from sequence hash to set of owners [1] (every owner
     * block costs two tables, and the chain must be hashed); runs cut into small pieces; tables that
     * do not stand on cache lines (a third slower); hashes bent so that not all tables are full at the
     * same time (a twelfth slower); tables that split earlier (no faster, larger); bringing in the line
     * after a full one together with it (no faster, up to a seventh slower).
     *
     * [1] Dynamo lib/kv-router, indexer/positional
     */

    /// Looks at the tree that were in vain before a reader makes the writer wait.
    static final int TRIES_MAX = 8;

    /// Blocks of a rank that are dumped while the writer waits.
    private static final int DUMPED_AT_ONCE = 1024;

    private static final int WEIGHED_AFTER_EVENTS = 4096;

    /// Dumps of a rank that were in vain, because it changed, before the writer waits for all of it.
    private static final int DUMPS_MAX = 3;

    private final WorkerSlots slots;
    private final PagePool pool;
    private final IdTable<Run> runs = new IdTable<>();
    private final Holdings holdings = new Holdings(runs);
    private final Rejections rejections = new Rejections();
    private final Phase phase;
    private final NameTables tables;
    private final Names names;
    private final Content content;
    private final Stores stores;
    private final Removals removals;
    private final Prefetch prefetch;

    private final ScoreArrays arrays = new ScoreArrays();
    private final Map<WorkerWithDpRank, Rank> ranks = new HashMap<>();
    private @Nullable Rank[] ranksBySlot = new @Nullable Rank[16];
    private long eventsApplied;

    /// Of readers; an undisturbed one touches neither.
    private final LongAdder retries = new LongAdder();

    private final LongAdder waits = new LongAdder();

    /// Held by the writer for each event, or for several together; fair, so that who waits gets it before
    /// the next ones.
    private final ReentrantLock writing = new ReentrantLock(true);

    public PrefixKvIndexer(WorkerSlots slots) {
        this(slots, IndexLimits.of(new SplittableRandom(), Runtime.getRuntime().maxMemory()));
    }

    PrefixKvIndexer(WorkerSlots slots, IndexLimits limits) {
        this(slots, limits, Phase::new);
    }

    /// @param phases the one place where readers are told of changes: a test that breaks it must fail
    PrefixKvIndexer(WorkerSlots slots, IndexLimits limits, Function<RunMemory, Phase> phases) {
        this.slots = slots;
        pool = new PagePool(IndexLimits.PAGE_LONGS, limits.pagesMax(), limits.slabLongs());
        RunMemory memory = new RunMemory(pool);
        phase = phases.apply(memory);
        tables = new NameTables(limits, pool, memory, runs);
        names = new Names(runs, tables, holdings);
        content = new Content(limits, memory, runs, holdings, tables);
        stores = new Stores(limits, content, tables, names, holdings, rejections, phase);
        removals = new Removals(runs, content, tables, names, holdings, rejections, phase, compaction(memory));
        prefetch = new Prefetch(runs, tables);
    }

    private Compaction compaction(RunMemory memory) {
        return new Compaction(pool, memory, runs, content, tables);
    }

    @Override
    public void apply(RouterEvent event) {
        int slot = slots.slotOf(event.worker());
        if (slot == WorkerSlots.NONE) {
            return;
        }
        if (writing.isHeldByCurrentThread()) {
            apply(event, slot);
        } else {
            together(List.of(), () -> apply(event, slot));
        }
    }

    private void apply(RouterEvent event, int slot) {
        Rank rank = rank(event.worker(), slot);
        rank.changes++;
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> stores.store(rank, event.tier().number(), stored);
            case KvCacheEvent.Removed(var hashes) ->
                removals.remove(rank, event.tier().number(), hashes);
            case KvCacheEvent.Cleared() -> forget(event.worker());
        }
        eventsApplied++;
        if (eventsApplied % WEIGHED_AFTER_EVENTS == 0) {
            content.weigh();
        }
    }

    @Override
    public void repeat(RouterEvent event) {
        writing.lock();
        try {
            long unknownParents = rejections.unknownParents;
            long unknownHashes = rejections.unknownHashes;
            apply(event);
            rejections.unknownParents = unknownParents;
            rejections.unknownHashes = unknownHashes;
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void together(List<RouterEvent> expected, Runnable applying) {
        writing.lock();
        try {
            prefetch.touch(expected);
            applying.run();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void removeRank(WorkerWithDpRank worker) {
        writing.lock();
        try {
            forget(worker);
        } finally {
            writing.unlock();
        }
    }

    private Rank rank(WorkerWithDpRank worker, int slot) {
        Rank there = slot < ranksBySlot.length ? ranksBySlot[slot] : null;
        if (there != null && there.isOf(worker)) {
            return there;
        }
        forget(worker);
        if (there != null) {
            // It left unnoticed.
            forget(there.worker);
        }
        Rank rank = new Rank(worker, slot);
        ranks.put(worker, rank);
        if (slot >= ranksBySlot.length) {
            ranksBySlot = Arrays.copyOf(ranksBySlot, slot + slot / 2 + 1);
        }
        ranksBySlot[slot] = rank;
        return rank;
    }

    private void forget(WorkerWithDpRank worker) {
        Rank rank = ranks.remove(worker);
        if (rank != null) {
            ranksBySlot[rank.slot] = null;
            removals.clear(rank);
        }
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes, boolean earlyExit) {
        Lookup lookup = new Lookup(content, holdings, arrays, hashes.local());
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            long before = phase.now();
            int cleared = phase.clearedSlot();
            OverlapScores found = lookup.find(earlyExit);
            boolean valid = lookup.lookedAtLowerTiers() ? phase.isSame(before) : phase.isSameTurn(before);
            if (found != null && valid) {
                return cleared == Phase.NOBODY ? found : without(cleared, found);
            }
            retries.increment();
        }
        waits.increment();
        writing.lock();
        try {
            return findAlone(lookup, earlyExit);
        } finally {
            writing.unlock();
        }
    }

    /// Whose arrays nobody has seen.
    private static OverlapScores without(int slot, OverlapScores scores) {
        for (int[] blocks : List.of(scores.deviceBlocks(), scores.hostPinnedBlocks(), scores.diskBlocks())) {
            if (slot < blocks.length) {
                blocks[slot] = 0;
            }
        }
        return scores;
    }

    @Override
    public void recycle(OverlapScores scores) {
        arrays.giveBack(scores.deviceBlocks());
        arrays.giveBack(scores.hostPinnedBlocks());
        arrays.giveBack(scores.diskBlocks());
    }

    private static OverlapScores findAlone(Lookup lookup, boolean earlyExit) {
        OverlapScores found = lookup.find(earlyExit);
        if (found == null) {
            throw new IllegalStateException("node: changed (expected: nobody writes)");
        }
        return found;
    }

    @Override
    public MatchDetails findMatchDetails(BlockHashes hashes) {
        writing.lock();
        try {
            Lookup lookup = new Lookup(content, holdings, arrays, hashes.local());
            OverlapScores scores = findAlone(lookup, false);
            long[] last = new long[scores.deviceBlocks().length];
            List<Lookup.Step> path = lookup.path();
            for (Rank rank : ranks.values()) {
                int length = scores.device(rank.slot);
                if (length > 0 && path != null) {
                    last[rank.slot] = nameAt(rank, path, length - 1);
                }
            }
            return new MatchDetails(scores, last);
        } finally {
            writing.unlock();
        }
    }

    private long nameAt(Rank rank, List<Lookup.Step> path, int depth) {
        int index = path.size() - 1;
        while (path.get(index).base() > depth) {
            index--;
        }
        Lookup.Step step = path.get(index);
        return names.onDevice(rank, step.node(), depth - step.base());
    }

    @Override
    public void dump(Predicate<? super WorkerWithDpRank> wanted, Consumer<? super RouterEvent> sink) {
        List<WorkerWithDpRank> workers;
        writing.lock();
        try {
            workers = List.copyOf(ranks.keySet());
        } finally {
            writing.unlock();
        }
        for (WorkerWithDpRank worker : workers) {
            if (wanted.test(worker)) {
                eventsOf(worker).forEach(sink);
            }
        }
    }

    private List<RouterEvent> eventsOf(WorkerWithDpRank worker) {
        @Nullable List<RouterEvent> events = null;
        for (int i = 0; events == null && i < DUMPS_MAX; i++) {
            events = eventsOf(worker, DUMPED_AT_ONCE);
        }
        while (events == null) {
            events = eventsOf(worker, Integer.MAX_VALUE);
        }
        return events;
    }

    /// Null when the rank changed between two steps.
    private @Nullable List<RouterEvent> eventsOf(WorkerWithDpRank worker, int blocksAtOnce) {
        @Nullable RankDump dump = null;
        while (true) {
            writing.lock();
            try {
                @Nullable Rank rank = ranks.get(worker);
                if (dump == null) {
                    if (rank == null) {
                        return List.of();
                    }
                    dump = new RankDump(rank, runs, names, holdings);
                } else if (!dump.isOf(rank)) {
                    return null;
                }
                if (dump.step(blocksAtOnce)) {
                    return dump.events();
                }
            } finally {
                writing.unlock();
            }
        }
    }

    @Override
    public IndexStats stats() {
        writing.lock();
        try {
            content.weigh();
            return new IndexStats(
                    content.blocks(),
                    new IndexStats.OwnerBlocks(holdings.held(0), holdings.held(1), holdings.held(2), holdings.held(3)),
                    eventsApplied,
                    rejections.counted(),
                    new IndexStats.Readers(retries.sum(), waits.sum()),
                    pool.bytes() + content.heapBytes() + tables.heapBytes() + ranksBytes());
        } finally {
            writing.unlock();
        }
    }

    private long ranksBytes() {
        long bytes = HeapSize.references(ranksBySlot.length);
        for (Rank rank : ranks.values()) {
            bytes += rank.heapBytes();
        }
        return bytes;
    }

    /// Nodes, runs, names and aliases; 0 when nobody holds anything.
    long parts() {
        return content.nodes() + runs.count() + tables.names() + tables.aliases();
    }
}
