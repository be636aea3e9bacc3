package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// Applies events to one index and times each. Those during which the collector stopped everybody are
/// told apart: their time is not the index's alone. What other processes took is in the time, but not in
/// that of the processor.
///
/// *Confined* to one thread.
final class TimedEvents {
    private static final List<GarbageCollectorMXBean> COLLECTORS = ManagementFactory.getGarbageCollectorMXBeans();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final KvIndexer index;
    private final LongSupplier nanoClock;
    private final Samples samples = new Samples();
    private long spentNanos;
    private long slowestNanos;
    private long slowestCollectedNanos;
    private long slowestProcessorNanos;

    TimedEvents(KvIndexer index, LongSupplier nanoClock) {
        this.index = index;
        this.nanoClock = nanoClock;
    }

    void apply(RouterEvent event) {
        long collections = collections();
        long processor = THREADS.getCurrentThreadCpuTime();
        long started = nanoClock.getAsLong();
        index.apply(event);
        long elapsed = nanoClock.getAsLong() - started;
        slowestProcessorNanos = Math.max(slowestProcessorNanos, THREADS.getCurrentThreadCpuTime() - processor);
        samples.add(elapsed);
        spentNanos += elapsed;
        if (collections() == collections) {
            slowestNanos = Math.max(slowestNanos, elapsed);
        } else {
            slowestCollectedNanos = Math.max(slowestCollectedNanos, elapsed);
        }
    }

    double spentSeconds() {
        return spentNanos / 1e9;
    }

    /// - `NAME`: percentiles of all events
    /// - `NAME_slowest_us`: the slowest event without a collector's pause
    /// - `NAME_slowest_collected_us`: the slowest of the others, 0 without any
    /// - `NAME_processor_us`: the most that any event was on a processor
    void summarize(String name, Map<String, Object> figures) {
        figures.put(name, samples.summary());
        figures.put(name + "_slowest_us", slowestNanos / 1e3);
        figures.put(name + "_slowest_collected_us", slowestCollectedNanos / 1e3);
        figures.put(name + "_processor_us", slowestProcessorNanos / 1e3);
    }

    /// Pauses so far; a pause is counted before those it stopped go on.
    private static long collections() {
        long count = 0;
        for (GarbageCollectorMXBean collector : COLLECTORS) {
            count += collector.getCollectionCount();
        }
        return count;
    }
}
