package io.kvepp.kvevents.testing;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.MatchDetails;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Knows which block hashes each rank holds, and nothing of prefixes.
public final class HoldingIndexer implements KvIndexer {
    private final Map<WorkerWithDpRank, Set<Long>> held = new HashMap<>();

    public Set<Long> held(WorkerWithDpRank rank) {
        return held.getOrDefault(rank, Set.of());
    }

    @Override
    public void apply(RouterEvent event) {
        Set<Long> hashes = held.computeIfAbsent(event.worker(), _ -> new TreeSet<>());
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> {
                for (long hash : stored.blockHashes()) {
                    hashes.add(hash);
                }
            }
            case KvCacheEvent.Removed removed -> {
                for (long hash : removed.blockHashes()) {
                    hashes.remove(hash);
                }
            }
            case KvCacheEvent.Cleared() -> hashes.clear();
        }
    }

    @Override
    public void removeRank(WorkerWithDpRank worker) {
        held.remove(worker);
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes, boolean earlyExit) {
        return OverlapScores.NONE;
    }

    @Override
    public void recycle(OverlapScores scores) {}

    @Override
    public MatchDetails findMatchDetails(BlockHashes hashes) {
        return new MatchDetails(OverlapScores.NONE, new long[0]);
    }

    @Override
    public void dump(Predicate<? super WorkerWithDpRank> ranks, Consumer<? super RouterEvent> sink) {}

    @Override
    public IndexStats stats() {
        return IndexStats.NONE;
    }
}
