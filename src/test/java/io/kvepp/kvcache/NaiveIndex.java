package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The index as its contract says it, without any thought of speed: each rank has its external
/// hashes, and each of them stands for a path of local hashes, in some tiers.
final class NaiveIndex {
    /// A block and all before it. Equal paths are the same object.
    static final class Path {
        final @Nullable Path parent;
        final int depth;
        private final Map<Long, Path> next = new HashMap<>();

        Path(@Nullable Path parent) {
            this.parent = parent;
            depth = parent == null ? 0 : parent.depth + 1;
        }

        Path then(long local) {
            return next.computeIfAbsent(local, _ -> new Path(this));
        }

        boolean isBefore(Path other) {
            Path at = other.parent;
            while (at != null && at != this) {
                at = at.parent;
            }
            return at == this;
        }
    }

    private record Entry(Path path, Set<StorageTier> tiers) {}

    /// What one rank holds.
    private static final class Held {
        final Map<Long, Entry> entries = new HashMap<>();

        /// By how many hashes it holds a block in each tier.
        final Map<Path, int[]> names = new HashMap<>();

        long size;

        boolean has(Path path, StorageTier tier) {
            int[] count = names.get(path);
            return count != null && count[tier.ordinal()] > 0;
        }

        void add(long hash, Path path, StorageTier tier) {
            entries.computeIfAbsent(hash, _ -> new Entry(path, EnumSet.noneOf(StorageTier.class)))
                    .tiers
                    .add(tier);
            names.computeIfAbsent(path, _ -> new int[StorageTier.values().length])[tier.ordinal()]++;
            size++;
        }

        void remove(long hash, Entry entry, StorageTier tier) {
            entry.tiers.remove(tier);
            names.computeIfPresent(entry.path, (_, count) -> {
                count[tier.ordinal()]--;
                return Arrays.stream(count).sum() == 0 ? null : count;
            });
            size--;
            if (entry.tiers.isEmpty()) {
                entries.remove(hash);
            }
        }
    }

    private final long entriesPerRankMax;
    private final Path root = new Path(null);
    private final Map<WorkerWithDpRank, Held> ranks = new HashMap<>();

    private long unknownParents;
    private long unknownHashes;
    private long conflictingHashes;
    private long invalidSequences;
    private long overLimit;

    NaiveIndex(long entriesPerRankMax) {
        this.entriesPerRankMax = entriesPerRankMax;
    }

    void apply(RouterEvent event) {
        WorkerWithDpRank rank = event.worker();
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> store(rank, event.tier(), stored);
            case KvCacheEvent.Removed(var hashes) -> {
                for (long hash : hashes) {
                    remove(rank, event.tier(), hash);
                }
            }
            case KvCacheEvent.Cleared() -> removeRank(rank);
        }
    }

    void removeRank(WorkerWithDpRank rank) {
        ranks.remove(rank);
    }

    /// Any hash the rank has; 1 when it has none.
    long name(WorkerWithDpRank rank, Random random) {
        Map<Long, Entry> entries = held(rank).entries;
        return entries.isEmpty()
                ? 1
                : entries.keySet().stream()
                        .skip(random.nextInt(entries.size()))
                        .findFirst()
                        .orElseThrow();
    }

    /// Device, host and disk (with external) blocks of a prompt, and how many of them the rank has.
    int[] matches(WorkerWithDpRank rank, long[] local) {
        Held held = held(rank);
        List<Path> prompt = new ArrayList<>();
        Path at = root;
        for (long each : local) {
            at = at.then(each);
            prompt.add(at);
        }
        int[] found = new int[3];
        int end = 0;
        for (StorageTier tier : StorageTier.values()) {
            int start = end;
            while (end < prompt.size() && held.has(prompt.get(end), tier)) {
                end++;
            }
            found[Math.min(tier.ordinal(), 2)] += end - start;
        }
        return found;
    }

    /// Whether the rank calls this block of the prompt so, on its device.
    boolean calls(WorkerWithDpRank rank, long name, long[] local, int depth) {
        Path at = root;
        for (int i = 0; i < depth; i++) {
            at = at.then(local[i]);
        }
        Entry entry = held(rank).entries.get(name);
        return entry != null && entry.path == at && entry.tiers.contains(StorageTier.DEVICE);
    }

    IndexStats.Rejected rejected() {
        return new IndexStats.Rejected(unknownParents, unknownHashes, conflictingHashes, invalidSequences, overLimit);
    }

    IndexStats.OwnerBlocks ownerBlocks() {
        long[] count = new long[StorageTier.values().length];
        for (Held held : ranks.values()) {
            for (int[] names : held.names.values()) {
                for (int tier = 0; tier < count.length; tier++) {
                    count[tier] += names[tier] > 0 ? 1 : 0;
                }
            }
        }
        return new IndexStats.OwnerBlocks(count[0], count[1], count[2], count[3]);
    }

    long blocks() {
        Set<Path> all = new HashSet<>();
        for (Held held : ranks.values()) {
            for (Path path : held.names.keySet()) {
                for (Path at = path; at != null && at != root && all.add(at); ) {
                    at = at.parent;
                }
            }
        }
        return all.size();
    }

    private Held held(WorkerWithDpRank rank) {
        return ranks.getOrDefault(rank, new Held());
    }

    private void store(WorkerWithDpRank rank, StorageTier tier, KvCacheEvent.Stored stored) {
        Held held = ranks.computeIfAbsent(rank, _ -> new Held());
        Path path = root;
        if (stored.parentHash().isPresent()) {
            Entry parent = held.entries.get(stored.parentHash().getAsLong());
            if (parent == null) {
                unknownParents++;
                return;
            }
            path = parent.path;
        }
        for (int i = 0; i < stored.blockHashes().length; i++) {
            path = path.then(stored.tokensHashes()[i]);
            long hash = stored.blockHashes()[i];
            Entry known = held.entries.get(hash);
            if (known != null && known.path != path) {
                contradict(held, hash, known, path);
                return;
            }
            if (known != null && known.tiers.contains(tier)) {
                continue;
            }
            if (held.size == entriesPerRankMax) {
                overLimit++;
                return;
            }
            held.add(hash, path, tier);
        }
    }

    private void contradict(Held held, long hash, Entry known, Path path) {
        if (known.path.isBefore(path)) {
            invalidSequences++;
        } else {
            conflictingHashes++;
        }
        List.copyOf(known.tiers).forEach(tier -> held.remove(hash, known, tier));
    }

    private void remove(WorkerWithDpRank rank, StorageTier tier, long hash) {
        Held held = held(rank);
        Entry entry = held.entries.get(hash);
        if (entry == null || !entry.tiers.contains(tier)) {
            unknownHashes++;
        } else {
            held.remove(hash, entry, tier);
        }
    }
}
