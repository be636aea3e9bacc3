package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// An indexer that tells of every event it is about to apply.
///
/// As the indexer it wraps; `listener` runs on the writer's thread and must not block.
public final class HeardIndexer implements KvIndexer {
    private final KvIndexer indexer;
    private final Consumer<RouterEvent> listener;

    public HeardIndexer(KvIndexer indexer, Consumer<RouterEvent> listener) {
        this.indexer = indexer;
        this.listener = listener;
    }

    @Override
    public void apply(RouterEvent event) {
        listener.accept(event);
        indexer.apply(event);
    }

    @Override
    public void repeat(RouterEvent event) {
        listener.accept(event);
        indexer.repeat(event);
    }

    @Override
    public void together(List<RouterEvent> expected, Runnable applying) {
        indexer.together(expected, applying);
    }

    @Override
    public void removeRank(WorkerWithDpRank worker) {
        indexer.removeRank(worker);
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes, boolean earlyExit) {
        return indexer.findMatches(hashes, earlyExit);
    }

    @Override
    public void recycle(OverlapScores scores) {
        indexer.recycle(scores);
    }

    @Override
    public MatchDetails findMatchDetails(BlockHashes hashes) {
        return indexer.findMatchDetails(hashes);
    }

    @Override
    public void dump(Predicate<? super WorkerWithDpRank> ranks, Consumer<? super RouterEvent> sink) {
        indexer.dump(ranks, sink);
    }

    @Override
    public IndexStats stats() {
        return indexer.stats();
    }
}
