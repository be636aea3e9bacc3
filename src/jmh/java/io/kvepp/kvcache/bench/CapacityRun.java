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
    private static final int STORES_AFTER_REMOVAL = 100;
    private static final long NEW_PROMPTS = 0x4E4557L;
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
    /// - `load_seconds`: inside the index; `load_apply`: per event of 90 or 100 blocks, with the slowest
    ///   as [TimedEvents] tells them
    /// - `idle`: lookups of prompts that are there
    /// - `removal_ms`: a list, one for each worker; `removal_lookup`: the lookups that overlap one;
    ///   `after_removal`: the first 100 stores after each, of prompts that nobody had, as `load_apply`
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
        TimedEvents timed = new TimedEvents(index, nanoClock);
        for (int worker = 0; worker < load.workers(); worker++) {
            load.events(worker).forEach(timed::apply);
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
        figures.put("load_seconds", timed.spentSeconds());
        timed.summarize("load_apply", figures);
    }

    private void lookUpAndRemove() throws InterruptedException {
        Reader reader = new Reader();
        for (int i = 0; i < LOOKUPS; i++) {
            reader.idle.add(reader.lookUp());
        }
        reader.start();
        List<Double> millis = new ArrayList<>();
        TimedEvents stores = new TimedEvents(index, nanoClock);
        for (int worker = 0; worker < removals; worker++) {
            List<RouterEvent> next = newPrompts(worker);
            reader.removing = true;
            long started = nanoClock.getAsLong();
            index.removeRank(Workload.rank(worker));
            millis.add((nanoClock.getAsLong() - started) / 1e6);
            reader.removing = false;
            next.forEach(stores::apply);
        }
        reader.stop();
        figures.put("idle", reader.idle.summary());
        figures.put("removal_ms", millis);
        figures.put("removal_lookup", reader.duringRemovals.summary());
        stores.summarize("after_removal", figures);
        figures.put("wrong", reader.wrong + stillThere());
    }

    /// Stores of a worker that stays, after the removal of one with this number.
    private List<RouterEvent> newPrompts(int removed) {
        int staying = removals + removed % (load.workers() - removals);
        SyntheticWorkers other =
                new SyntheticWorkers(load.workers(), load.blocksPerWorker(), load.seed() + NEW_PROMPTS + removed);
        List<RouterEvent> events = other.events(staying);
        return events.subList(0, Math.min(events.size(), STORES_AFTER_REMOVAL));
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
