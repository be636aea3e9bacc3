package io.kvepp.discovery.file;

import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.DiscoveryProblem;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.WorkerSetFeed;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches Dynamo's file store by polling it.
///
/// - A missing folder is an empty store; it is picked up when it appears.
/// - An entry lives as long as its file is touched more often than the time to live; each bucket is
///   judged by itself.
///
/// Source: Dynamo `lib/runtime/src/storage/kv/file`.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class FileDiscovery implements WorkerDiscovery {
    private static final Logger LOG = LoggerFactory.getLogger(FileDiscovery.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final List<String> BUCKETS = List.of("instances", "mdc", "event_channels", "event_sources");

    private final FileDiscoveryConfig config;
    private final DiscoveryConfig discoveryConfig;
    private final InstantSource clock;
    private final EppMetrics metrics;
    private final List<FileBucket> buckets;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable WorkerSetFeed feed;
    private @Nullable Thread thread;

    /// @param clock the wall clock that file times are compared with
    public FileDiscovery(
            FileDiscoveryConfig config, DiscoveryConfig discoveryConfig, InstantSource clock, EppMetrics metrics) {
        this.config = config;
        this.discoveryConfig = discoveryConfig;
        this.clock = clock;
        this.metrics = metrics;
        DiscoveryRecordReader reader = new DiscoveryRecordReader();
        buckets = BUCKETS.stream()
                .map(name -> new FileBucket(config.folder().resolve("v1").resolve(name), config, reader))
                .toList();
    }

    @Override
    public synchronized void start(Consumer<WorkerSet> listener) {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        WorkerSetFeed started = new WorkerSetFeed(discoveryConfig, metrics, listener);
        feed = started;
        thread = Thread.ofPlatform().name("discovery-file").start(() -> watch(started));
    }

    @Override
    public boolean synced() {
        @Nullable WorkerSetFeed started = feed;
        return started != null && started.synced();
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn("the listener of worker sets did not return within {}; interrupting it", CLOSE_WAIT);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void watch(WorkerSetFeed target) {
        String lastFailure = "";
        try {
            do {
                try {
                    poll(target);
                    lastFailure = "";
                } catch (RuntimeException e) {
                    // The store must stay watched whatever one look at it did; a failure that
                    // repeats at every look is logged once.
                    if (!lastFailure.equals(e.toString())) {
                        lastFailure = e.toString();
                        LOG.error("looking at the file store failed: source={}", config.folder(), e);
                    }
                }
            } while (!stop.await(config.poll().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void poll(WorkerSetFeed target) {
        Instant now = clock.instant();
        List<DiscoveryRecord> records = new ArrayList<>();
        List<DiscoveryProblem> problems = new ArrayList<>();
        for (FileBucket bucket : buckets) {
            bucket.collect(now, records, problems);
        }
        if (!isStopped()) {
            target.offer(records, problems);
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }
}
