package io.kvepp.testing;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.MatchDetails;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// An index that tells what it was made with, whatever is written into it.
public record FixedIndexer(List<RouterEvent> events, IndexStats stats) implements KvIndexer {
    @Override
    public void apply(RouterEvent event) {}

    @Override
    public void removeRank(WorkerWithDpRank worker) {}

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
    public void dump(Predicate<? super WorkerWithDpRank> ranks, Consumer<? super RouterEvent> sink) {
        events.stream().filter(event -> ranks.test(event.worker())).forEach(sink);
    }
}
