package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;

/// The timed phases of one workload, each on a new index.
///
/// - apply: all events, by one thread
/// - idle: every request's lookup, three times over, once everything is applied
/// - busy: a reader that loops over the lookups during a whole apply
/// - mixed: one pass of lookups beside one apply, until both are done
///
/// *Confined* to one thread.
final class Phases {
    private static final int IDLE_PASSES = 3;

    private final int workers;
    private final LongSupplier nanoClock;
    private final List<BlockHashes> queries = new ArrayList<>();
    private final List<RouterEvent> events = new ArrayList<>();
    private long eventBlocks;
    private long queryBlocks;
    private long matched;

    Phases(Workload workload, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        workers = workload.workers();
        for (Workload.Requests requests = workload.requests(); requests.next(); ) {
            BlockHashes query = IndexUnderTest.query(requests.query());
            queries.add(query);
            queryBlocks += query.count();
            for (RouterEvent event : requests.events()) {
                events.add(event);
                eventBlocks += blocks(event);
            }
        }
    }

    private static long blocks(RouterEvent event) {
        return switch (event.event()) {
            case KvCacheEvent.Stored stored -> stored.blockHashes().length;
            case KvCacheEvent.Removed removed -> removed.blockHashes().length;
            case KvCacheEvent.Cleared() -> 0;
        };
    }

    /// What one run of every phase took.
    record Run(double applySeconds, Map<String, Object> figures) {}

    Run run() throws InterruptedException {
        Map<String, Object> figures = new LinkedHashMap<>();
        KvIndexer index = newIndex();
        double applySeconds = apply(index);
        figures.put("apply_seconds", applySeconds);
        figures.put("idle", lookUpIdle(index).summary());
        index = newIndex();
        LoopingReader reader = new LoopingReader(index);
        reader.start();
        figures.put("busy_apply_seconds", apply(index));
        figures.put("busy", reader.stop().summary());
        figures.put("mixed_seconds", applyBesideOnePass(newIndex()));
        figures.put("event_blocks", eventBlocks);
        figures.put("query_blocks", queryBlocks);
        return new Run(applySeconds, figures);
    }

    /// What earlier phases left behind shall not be collected in the next one's time.
    private KvIndexer newIndex() {
        KvIndexer index = new IndexUnderTest(workers).index();
        System.gc();
        return index;
    }

    /// The seconds it took.
    private double apply(KvIndexer index) {
        long started = nanoClock.getAsLong();
        for (RouterEvent event : events) {
            index.apply(event);
        }
        return seconds(started);
    }

    private Samples lookUpIdle(KvIndexer index) {
        for (BlockHashes query : queries) {
            consume(index.findMatches(query));
        }
        Samples samples = new Samples();
        for (int pass = 0; pass < IDLE_PASSES; pass++) {
            for (BlockHashes query : queries) {
                samples.add(lookUp(index, query));
            }
        }
        return samples;
    }

    private long lookUp(KvIndexer index, BlockHashes query) {
        long started = nanoClock.getAsLong();
        OverlapScores scores = index.findMatches(query);
        long elapsed = nanoClock.getAsLong() - started;
        consume(scores);
        return elapsed;
    }

    private double applyBesideOnePass(KvIndexer index) throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        Thread reader = new Thread(() -> {
            running.countDown();
            for (BlockHashes query : queries) {
                consume(index.findMatches(query));
            }
        });
        reader.start();
        running.await();
        long started = nanoClock.getAsLong();
        apply(index);
        reader.join();
        return seconds(started);
    }

    /// Keeps the compiler from leaving out a lookup whose result nobody wants.
    private void consume(OverlapScores scores) {
        matched += scores.device(0);
    }

    /// What all lookups found together; only there to be used.
    long matched() {
        return matched;
    }

    private double seconds(long startedNanos) {
        return (nanoClock.getAsLong() - startedNanos) / 1e9;
    }

    /// Looks up in turn what the workload asks for until it is told to stop.
    private final class LoopingReader implements Runnable {
        private final KvIndexer index;
        private final Samples samples = new Samples();
        private final CountDownLatch running = new CountDownLatch(1);
        private final Thread thread = new Thread(this, "reader");
        private volatile boolean stopped;

        LoopingReader(KvIndexer index) {
            this.index = index;
        }

        void start() throws InterruptedException {
            thread.start();
            running.await();
        }

        Samples stop() throws InterruptedException {
            stopped = true;
            thread.join();
            return samples;
        }

        @Override
        public void run() {
            running.countDown();
            for (int next = 0; !stopped; next = next + 1 == queries.size() ? 0 : next + 1) {
                samples.add(lookUp(index, queries.get(next)));
            }
        }
    }
}
