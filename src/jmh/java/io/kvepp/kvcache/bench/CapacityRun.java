package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;

/// Fills one index, looks up in it, and removes whole workers while a reader loops.
///
/// *Confined* to one thread, but for the reader.
final class CapacityRun {
    private static final int LOOKUPS = 200_000;
    private static final int PROGRESS_BLOCKS = 5_000_000;

    private final SyntheticWorkers load;
    private final IndexUnderTest tested;
    private final KvIndexer index;
    private final int removals;
    private final LongSupplier nanoClock;
    private final Map<String, Object> figures = new LinkedHashMap<>();

    private CapacityRun(SyntheticWorkers load, IndexUnderTest tested, int removals, LongSupplier nanoClock) {
        this.load = load;
        this.tested = tested;
        index = tested.index();
        this.removals = removals;
        this.nanoClock = nanoClock;
    }

    /// - `owner_blocks`: what was loaded, and `bytes` what it occupies
    /// - `load_seconds`: inside the index; `load_apply`: per event of 90 or 100 blocks, and the
    ///   slowest in `load_apply_slowest_us`
    /// - `idle`: lookups of prompts that are there
    /// - `removal_ms`: a list, one for each worker; `removal_lookup`: the lookups that overlap one
    /// - `wrong`: lookups that did not find the whole prompt on its worker, or found it on a removed
    ///   one
    ///
    /// `removals` is less than the number of workers.
    static Map<String, Object> of(SyntheticWorkers load, int removals, LongSupplier nanoClock)
            throws InterruptedException {
        long empty = MemoryCheck.usedHeapBytes();
        CapacityRun run = new CapacityRun(load, new IndexUnderTest(load.workers()), removals, nanoClock);
        run.fill();
        run.figures.put("bytes", MemoryCheck.usedHeapBytes() - empty);
        run.lookUpAndRemove();
        return run.figures;
    }

    private void fill() {
        Samples applies = new Samples();
        long spentNanos = 0;
        long slowestNanos = 0;
        for (int worker = 0; worker < load.workers(); worker++) {
            for (RouterEvent event : load.events(worker)) {
                long started = nanoClock.getAsLong();
                index.apply(event);
                long elapsed = nanoClock.getAsLong() - started;
                applies.add(elapsed);
                spentNanos += elapsed;
                slowestNanos = Math.max(slowestNanos, elapsed);
            }
            long blocks = (worker + 1L) * load.blocksPerWorker();
            if (blocks / PROGRESS_BLOCKS > (blocks - load.blocksPerWorker()) / PROGRESS_BLOCKS) {
                System.err.println("  loaded " + blocks / 1_000_000 + " M blocks");
            }
        }
        if (tested.ownerBlocks() != load.ownerBlocks()) {
            throw new IllegalStateException(
                    "ownerBlocks: " + tested.ownerBlocks() + " (expected: " + load.ownerBlocks() + ")");
        }
        figures.put("owner_blocks", load.ownerBlocks());
        figures.put("load_seconds", spentNanos / 1e9);
        figures.put("load_apply", applies.summary());
        figures.put("load_apply_slowest_us", slowestNanos / 1e3);
    }

    private void lookUpAndRemove() throws InterruptedException {
        Reader reader = new Reader();
        for (int i = 0; i < LOOKUPS; i++) {
            reader.idle.add(reader.lookUp());
        }
        reader.start();
        List<Double> millis = new ArrayList<>();
        for (int worker = 0; worker < removals; worker++) {
            reader.removing = true;
            long started = nanoClock.getAsLong();
            index.removeRank(Workload.rank(worker));
            millis.add((nanoClock.getAsLong() - started) / 1e6);
            reader.removing = false;
        }
        reader.stop();
        figures.put("idle", reader.idle.summary());
        figures.put("removal_ms", millis);
        figures.put("removal_lookup", reader.duringRemovals.summary());
        figures.put("wrong", reader.wrong + stillThere());
    }

    private long stillThere() {
        long found = 0;
        for (int worker = 0; worker < removals; worker++) {
            found += index.findMatches(IndexUnderTest.query(load.prompt(worker, 0)))
                    .device(worker);
        }
        return found;
    }

    /// Looks up prompts of workers that stay.
    private final class Reader implements Runnable {
        private final Random random = new Random(load.seed());
        private final Samples idle = new Samples();
        private final Samples duringRemovals = new Samples();
        private final CountDownLatch running = new CountDownLatch(1);
        private final Thread thread = new Thread(this, "reader");
        private volatile boolean removing;
        private volatile boolean stopped;
        private long wrong;

        void start() throws InterruptedException {
            thread.start();
            running.await();
        }

        void stop() throws InterruptedException {
            stopped = true;
            thread.join();
        }

        @Override
        public void run() {
            running.countDown();
            while (!stopped) {
                boolean before = removing;
                long elapsed = lookUp();
                if (before || removing) {
                    duringRemovals.add(elapsed);
                }
            }
        }

        long lookUp() {
            int worker = random.nextInt(removals, load.workers());
            BlockHashes query = IndexUnderTest.query(load.prompt(worker, random.nextInt(load.promptsPerWorker())));
            long started = nanoClock.getAsLong();
            int found = index.findMatches(query).device(worker);
            long elapsed = nanoClock.getAsLong() - started;
            if (found != query.count()) {
                wrong++;
            }
            return elapsed;
        }
    }
}
