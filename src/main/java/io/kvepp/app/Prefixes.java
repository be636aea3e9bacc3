package io.kvepp.app;

import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.kvcache.routed.RoutedBlocks;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.router.IndexMeters;
import io.kvepp.router.PrefixConfig;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The index and, where the router's own decisions count, those.
///
/// Thread-safe. Owns a thread from [#start] to [#close], and one that asks other replicas once.
final class Prefixes implements AutoCloseable {
    private final KvIndexer indexer;
    private final @Nullable RoutedBlocks decisions;
    private final PrefixFinder finder;
    private final boolean decisionsAlone;
    private final PeerIndexes peers;
    private final AtomicBoolean peersAsked = new AtomicBoolean();
    private final ScheduledExecutorService expiry = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("expiry").daemon().factory());

    Prefixes(PrefixConfig config, WorkerSlots slots, LongSupplier nanoClock) {
        indexer = new PrefixKvIndexer(slots);
        peers = new PeerIndexes(config.indexPeers(), nanoClock);
        decisionsAlone = !config.useKvEvents();
        if (decisionsAlone) {
            RoutedBlocks alone = new RoutedBlocks(indexer, slots, limits(config, config.ttlSeconds()), nanoClock);
            decisions = alone;
            finder = alone;
        } else if (config.predictedTtlSeconds() > 0) {
            RoutedBlocks beside = new RoutedBlocks(
                    new PrefixKvIndexer(slots), slots, limits(config, config.predictedTtlSeconds()), nanoClock);
            decisions = beside;
            finder = PrefixFinder.predicting(indexer, beside);
        } else {
            decisions = null;
            finder = PrefixFinder.fromEvents(indexer);
        }
    }

    void start() {
        if (decisions != null) {
            long millis = RoutedBlocks.BUCKET.toMillis();
            var _ = expiry.scheduleWithFixedDelay(decisions::expire, millis, millis, TimeUnit.MILLISECONDS);
        }
    }

    /// Workers have slots now: what other replicas know of them can be taken over.
    void onWorkersKnown() {
        @Nullable RoutedBlocks own = decisions;
        if (own != null && decisionsAlone && peersAsked.compareAndSet(false, true)) {
            Thread.ofPlatform().name("index-peers").daemon().start(() -> peers.load(own));
        }
    }

    /// What is dumped, and what KV events are written into.
    KvIndexer indexer() {
        return indexer;
    }

    PrefixFinder finder() {
        return finder;
    }

    /// Forgets a rank, then runs `release`, which takes its slot away. On the thread that writes
    /// the index.
    void removeRank(WorkerWithDpRank rank, Runnable release) {
        if (!decisionsAlone) {
            indexer.removeRank(rank);
        }
        if (decisions == null) {
            release.run();
        } else {
            decisions.removeRank(rank, release);
        }
    }

    void bindMeters(EppMetrics metrics) {
        IndexMeters meters = new IndexMeters(metrics);
        meters.bind(indexer);
        if (decisions != null) {
            meters.bind(decisions);
        }
    }

    @Override
    public void close() {
        expiry.shutdownNow();
    }

    private static RoutedBlocks.Limits limits(PrefixConfig config, double seconds) {
        return new RoutedBlocks.Limits(
                Duration.ofNanos((long) (seconds * Duration.ofSeconds(1).toNanos())), config.routedBlocksPerRankMax());
    }
}
