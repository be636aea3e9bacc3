package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A [KvIndexer] that keeps, for each block of the prefix tree, the set of ranks that hold it.
///
/// A rank without a slot is skipped: discovery does not know it (any more).
///
/// Single-writer for [#apply] and [#removeRank]; thread-safe for the rest.
public final class PrefixKvIndexer implements KvIndexer {
    /*
     * Structure
     * ---------
     * A block's place in the prefix tree is its sequence hash, which this index chains itself from
     * the blocks' local hashes; the engine's own hashes only lead to it (RankBlocks). One table a
     * tier maps a sequence hash to the slots that hold the block (SequenceTable).
     *
     * Why a lookup is exact
     * ---------------------
     * It walks the prompt's sequence hashes and keeps the slots that held every block so far. A
     * removed parent takes only its own bit away: its children's bits stay, out of reach, and count
     * again as soon as the parent's bit is back.
     */
    private final WorkerSlots slots;
    private final Map<StorageTier, SequenceTable> tiers = new EnumMap<>(StorageTier.class);
    private final Map<WorkerWithDpRank, RankBlocks> ranks = new HashMap<>();

    private final LongAdder ownerBlocks = new LongAdder();
    private final LongAdder eventsApplied = new LongAdder();
    private final LongAdder unknownParents = new LongAdder();
    private final LongAdder unknownHashes = new LongAdder();
    private final LongAdder conflictingHashes = new LongAdder();
    private volatile long blocks;

    public PrefixKvIndexer(WorkerSlots slots) {
        this.slots = slots;
        for (StorageTier tier : StorageTier.values()) {
            tiers.put(tier, new SequenceTable());
        }
    }

    @Override
    public synchronized void apply(RouterEvent event) {
        int slot = slots.slotOf(event.worker());
        if (slot == WorkerSlots.NONE) {
            return;
        }
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> store(event.worker(), slot, event.tier(), stored);
            case KvCacheEvent.Removed removed -> remove(event.worker(), slot, event.tier(), removed);
            case KvCacheEvent.Cleared() -> removeRank(event.worker());
        }
        eventsApplied.increment();
        countBlocks();
    }

    @Override
    public synchronized void removeRank(WorkerWithDpRank worker) {
        @Nullable RankBlocks rank = ranks.remove(worker);
        int slot = slots.slotOf(worker);
        if (rank == null || slot == WorkerSlots.NONE) {
            return;
        }
        for (RankBlocks.Held held : rank.all()) {
            for (StorageTier tier : StorageTier.values()) {
                if (held.isIn(tier)) {
                    release(rank, held, slot, tier);
                }
            }
        }
        countBlocks();
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes, boolean earlyExit) {
        int[] device = longestPrefixes(table(StorageTier.DEVICE), hashes.sequence());
        int[] hostPinned = continueIn(StorageTier.HOST_PINNED, hashes.sequence(), device, null);
        int[] disk = continueIn(StorageTier.DISK, hashes.sequence(), device, hostPinned);
        int[] reached = disk.length == 0 ? hostPinned : sum(hostPinned, disk);
        int[] external = continueIn(StorageTier.EXTERNAL, hashes.sequence(), device, reached);
        return new OverlapScores(device, hostPinned, sum(disk, external));
    }

    @Override
    public IndexStats stats() {
        return new IndexStats(
                blocks,
                new IndexStats.OwnerBlocks(ownerBlocks.sum(), 0, 0, 0),
                eventsApplied.sum(),
                new IndexStats.Rejected(unknownParents.sum(), unknownHashes.sum(), conflictingHashes.sum(), 0, 0),
                0);
    }

    @Override
    public synchronized MatchDetails findMatchDetails(BlockHashes hashes) {
        OverlapScores scores = findMatches(hashes);
        long[] last = new long[scores.deviceBlocks().length];
        ranks.forEach((worker, rank) -> {
            int slot = slots.slotOf(worker);
            int length = scores.device(slot);
            for (RankBlocks.Held held : rank.all()) {
                if (length > 0 && held.isIn(StorageTier.DEVICE) && held.sequenceHash == hashes.sequence()[length - 1]) {
                    last[slot] = held.externalHash;
                }
            }
        });
        return new MatchDetails(scores, last);
    }

    @Override
    public void dump(Consumer<? super RouterEvent> sink) {
        List<RouterEvent> events = new ArrayList<>();
        synchronized (this) {
            ranks.forEach((worker, rank) -> {
                List<RankBlocks.Held> all = new ArrayList<>();
                rank.all().forEach(all::add);
                all.sort(Comparator.comparingInt(held -> held.depth));
                long eventId = 0;
                for (RankBlocks.Held held : all) {
                    for (StorageTier tier : StorageTier.values()) {
                        if (held.isIn(tier)) {
                            events.add(new RouterEvent(
                                    worker,
                                    tier,
                                    ++eventId,
                                    new KvCacheEvent.Stored(
                                            held.parent, new long[] {held.externalHash}, new long[] {held.localHash})));
                        }
                    }
                }
            });
        }
        events.forEach(sink);
    }

    private void store(WorkerWithDpRank worker, int slot, StorageTier tier, KvCacheEvent.Stored stored) {
        RankBlocks rank = ranks.computeIfAbsent(worker, key -> new RankBlocks());
        OptionalLong parent = stored.parentHash();
        boolean first = parent.isEmpty();
        long sequence = 0;
        RankBlocks.@Nullable Held before = null;
        if (!first) {
            before = rank.find(parent.getAsLong());
            if (before == null) {
                unknownParents.increment();
                return;
            }
            sequence = before.sequenceHash;
        }
        for (int i = 0; i < stored.blockHashes().length; i++) {
            long local = stored.tokensHashes()[i];
            sequence = first ? local : BlockHasher.next(sequence, local);
            first = false;
            RankBlocks.Held here = new RankBlocks.Held(stored.blockHashes()[i], local, sequence, before);
            if (!hold(rank, slot, tier, here)) {
                return;
            }
            before = here;
        }
    }

    /// False when the engine's hash already stands for another block: then neither is believed.
    private boolean hold(RankBlocks rank, int slot, StorageTier tier, RankBlocks.Held here) {
        long externalHash = here.externalHash;
        long sequenceHash = here.sequenceHash;
        RankBlocks.@Nullable Held held = rank.find(externalHash);
        if (held != null && held.sequenceHash != sequenceHash) {
            conflictingHashes.increment();
            for (StorageTier each : StorageTier.values()) {
                if (held.isIn(each)) {
                    release(rank, held, slot, each);
                }
            }
            rank.drop(externalHash);
            return false;
        }
        if (held == null) {
            held = rank.add(here);
        }
        if (!held.isIn(tier)) {
            held.add(tier);
            ownerBlocks.increment();
            SequenceTable table = table(tier);
            SlotSet holders = table.get(sequenceHash);
            if (holders.contains(slot)) {
                rank.addCopy(sequenceHash, tier);
            } else {
                table.put(sequenceHash, holders.with(slot));
            }
        }
        return true;
    }

    private void remove(WorkerWithDpRank worker, int slot, StorageTier tier, KvCacheEvent.Removed removed) {
        @Nullable RankBlocks rank = ranks.get(worker);
        for (long externalHash : removed.blockHashes()) {
            RankBlocks.@Nullable Held held = rank == null ? null : rank.find(externalHash);
            if (rank == null || held == null || !held.isIn(tier)) {
                unknownHashes.increment();
                continue;
            }
            release(rank, held, slot, tier);
            if (held.isNowhere()) {
                rank.drop(externalHash);
            }
        }
    }

    private void release(RankBlocks rank, RankBlocks.Held held, int slot, StorageTier tier) {
        held.remove(tier);
        ownerBlocks.decrement();
        if (!rank.removeCopy(held.sequenceHash, tier)) {
            SequenceTable table = table(tier);
            table.put(held.sequenceHash, table.get(held.sequenceHash).without(slot));
        }
    }

    private void countBlocks() {
        long sum = 0;
        for (SequenceTable table : tiers.values()) {
            sum += table.held();
        }
        blocks = sum;
    }

    private SequenceTable table(StorageTier tier) {
        @Nullable SequenceTable table = tiers.get(tier);
        if (table == null) {
            throw new IllegalStateException("no table for tier " + tier);
        }
        return table;
    }

    /// Per slot, how many leading blocks of `sequence` it holds.
    private static int[] longestPrefixes(SequenceTable table, long[] sequence) {
        if (sequence.length == 0) {
            return new int[0];
        }
        SlotSet starters = table.get(sequence[0]);
        long[] active = new long[starters.wordCount()];
        for (int word = 0; word < active.length; word++) {
            active[word] = starters.word(word);
        }
        int[] lengths = new int[active.length << 6];
        int depth = 1;
        boolean anyActive = active.length > 0;
        for (; anyActive && depth < sequence.length; depth++) {
            anyActive = keepHolders(table.get(sequence[depth]), active, lengths, depth);
        }
        for (int word = 0; word < active.length; word++) {
            setLengths(active[word], word, lengths, depth);
        }
        return lengths;
    }

    /// Drops from `active` who lacks the block at `depth`, noting the length reached; true if
    /// anybody is left.
    private static boolean keepHolders(SlotSet holders, long[] active, int[] lengths, int depth) {
        long left = 0;
        for (int word = 0; word < active.length; word++) {
            long kept = active[word] & holders.word(word);
            setLengths(active[word] & ~kept, word, lengths, depth);
            active[word] = kept;
            left |= kept;
        }
        return left != 0;
    }

    private static void setLengths(long slotBits, int word, int[] lengths, int length) {
        for (long bits = slotBits; bits != 0; bits &= bits - 1) {
            lengths[(word << 6) + Long.numberOfTrailingZeros(bits)] = length;
        }
    }

    /// Per slot, how many further blocks it holds in `tier`, from where the faster tiers ended.
    private int[] continueIn(StorageTier tier, long[] sequence, int[] device, int @Nullable [] more) {
        SequenceTable table = table(tier);
        if (table.held() == 0) {
            return new int[0];
        }
        int[] lengths = new int[WorkerSlots.SLOTS_MAX];
        for (int slot = 0; slot < lengths.length; slot++) {
            int start = at(device, slot) + (more == null ? 0 : at(more, slot));
            int end = start;
            while (end < sequence.length && table.get(sequence[end]).contains(slot)) {
                end++;
            }
            lengths[slot] = end - start;
        }
        return lengths;
    }

    private static int at(int[] values, int index) {
        return index < values.length ? values[index] : 0;
    }

    private static int[] sum(int[] first, int[] second) {
        if (second.length == 0) {
            return first;
        }
        int[] sums = Arrays.copyOf(first, Math.max(first.length, second.length));
        for (int i = 0; i < second.length; i++) {
            sums[i] += second[i];
        }
        return sums;
    }
}
