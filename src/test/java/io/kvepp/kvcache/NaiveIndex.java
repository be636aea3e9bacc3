package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The index as its contract says it, without any thought of speed: each rank has, per tier, the
/// set of its external hashes, and each external hash stands for a whole path of local hashes.
final class NaiveIndex {
    private final Map<WorkerWithDpRank, Map<Long, List<Long>>> paths = new HashMap<>();
    private final Map<WorkerWithDpRank, Map<StorageTier, Set<Long>>> held = new HashMap<>();

    void apply(RouterEvent event) {
        WorkerWithDpRank rank = event.worker();
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> store(rank, event.tier(), stored);
            case KvCacheEvent.Removed removed -> {
                for (long hash : removed.blockHashes()) {
                    tier(rank, event.tier()).remove(hash);
                    forgetIfNowhere(rank, hash);
                }
            }
            case KvCacheEvent.Cleared() -> removeRank(rank);
        }
    }

    void removeRank(WorkerWithDpRank rank) {
        paths.remove(rank);
        held.remove(rank);
    }

    /// Leading blocks of `local` held in `tier`, from block `start` on.
    int matches(WorkerWithDpRank rank, StorageTier tier, long[] local, int start) {
        Set<List<Long>> here = new HashSet<>();
        for (long hash : tier(rank, tier)) {
            here.add(paths.get(rank).get(hash));
        }
        int end = start;
        while (end < local.length && here.contains(prefix(local, end + 1))) {
            end++;
        }
        return end - start;
    }

    private void store(WorkerWithDpRank rank, StorageTier tier, KvCacheEvent.Stored stored) {
        List<Long> path = new ArrayList<>();
        if (stored.parentHash().isPresent()) {
            List<Long> parent = paths.computeIfAbsent(rank, r -> new HashMap<>())
                    .get(stored.parentHash().getAsLong());
            if (parent == null) {
                return;
            }
            path.addAll(parent);
        }
        for (int i = 0; i < stored.blockHashes().length; i++) {
            path.add(stored.tokensHashes()[i]);
            long hash = stored.blockHashes()[i];
            List<Long> known = paths.computeIfAbsent(rank, r -> new HashMap<>()).get(hash);
            if (known != null && !known.equals(path)) {
                for (StorageTier each : StorageTier.values()) {
                    tier(rank, each).remove(hash);
                }
                paths.get(rank).remove(hash);
                return;
            }
            paths.get(rank).put(hash, List.copyOf(path));
            tier(rank, tier).add(hash);
        }
    }

    private void forgetIfNowhere(WorkerWithDpRank rank, long hash) {
        for (StorageTier each : StorageTier.values()) {
            if (tier(rank, each).contains(hash)) {
                return;
            }
        }
        paths.computeIfAbsent(rank, r -> new HashMap<>()).remove(hash);
    }

    private Set<Long> tier(WorkerWithDpRank rank, StorageTier tier) {
        return held.computeIfAbsent(rank, r -> new HashMap<>()).computeIfAbsent(tier, t -> new HashSet<>());
    }

    private static List<Long> prefix(long[] local, int length) {
        List<Long> prefix = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            prefix.add(local[i]);
        }
        return prefix;
    }
}
