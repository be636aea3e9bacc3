package io.kvepp.kvevents.testing;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.MatchDetails;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Remembers what is done to the index, in order, and by which threads.
public final class RecordingIndexer implements KvIndexer {
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<RouterEvent> events = new CopyOnWriteArrayList<>();
    private final Set<Thread> writers = ConcurrentHashMap.newKeySet();

    /// Such as `apply 5:0 #1` and `remove 5:0`.
    public List<String> calls() {
        return List.copyOf(calls);
    }

    public List<RouterEvent> events() {
        return List.copyOf(events);
    }

    public int writers() {
        return writers.size();
    }

    @Override
    public void apply(RouterEvent event) {
        writers.add(Thread.currentThread());
        events.add(event);
        calls.add("apply " + event.worker() + " #" + event.eventId());
    }

    @Override
    public void removeRank(WorkerWithDpRank worker) {
        writers.add(Thread.currentThread());
        calls.add("remove " + worker);
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
