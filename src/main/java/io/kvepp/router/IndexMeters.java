package io.kvepp.router;

import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.routed.RoutedBlocks;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Shows an index as meters, read at each scrape.
///
/// Thread-safe.
public final class IndexMeters {
    private final EppMetrics metrics;

    public IndexMeters(EppMetrics metrics) {
        this.metrics = metrics;
    }

    /// Binds what the index counts, all of one scrape as of one moment.
    public void bind(KvIndexer indexer) {
        AtomicReference<IndexStats> latest = new AtomicReference<>(indexer.stats());
        metrics.beforeScrapes(() -> latest.set(indexer.stats()));
        bind(latest::get, Meter.INDEX_BLOCKS, IndexStats::blocks);
        bind(latest::get, Meter.INDEX_BYTES, IndexStats::bytes);
        bind(latest::get, Meter.INDEX_EVENTS_APPLIED, IndexStats::eventsApplied);
        bind(latest::get, Meter.INDEX_LOOKUP_RETRIES, stats -> stats.readers().retries());
        bind(latest::get, Meter.INDEX_LOOKUP_WAITS, stats -> stats.readers().waits());
        owners(latest::get, "device", IndexStats.OwnerBlocks::device);
        owners(latest::get, "host_pinned", IndexStats.OwnerBlocks::hostPinned);
        owners(latest::get, "disk", IndexStats.OwnerBlocks::disk);
        owners(latest::get, "external", IndexStats.OwnerBlocks::external);
        rejected(latest::get, "unknown_parent", IndexStats.Rejected::unknownParents);
        rejected(latest::get, "unknown_hash", IndexStats.Rejected::unknownHashes);
        rejected(latest::get, "conflicting_hash", IndexStats.Rejected::conflictingHashes);
        rejected(latest::get, "invalid_sequence", IndexStats.Rejected::invalidSequences);
        rejected(latest::get, "over_limit", IndexStats.Rejected::overLimit);
    }

    /// Binds what is remembered of decisions.
    public void bind(RoutedBlocks decisions) {
        metrics.bind(Meter.ROUTED_BLOCKS, decisions::blocks);
        metrics.bind(Meter.ROUTED_BLOCKS_DROPPED, decisions::droppedBlocks);
    }

    private void bind(Supplier<IndexStats> latest, Meter meter, ToLongFunction<IndexStats> value) {
        metrics.bind(meter, () -> value.applyAsLong(latest.get()));
    }

    private void owners(Supplier<IndexStats> latest, String tier, ToLongFunction<IndexStats.OwnerBlocks> value) {
        metrics.bind(
                Meter.INDEX_OWNER_BLOCKS,
                tier,
                () -> value.applyAsLong(latest.get().ownerBlocks()));
    }

    private void rejected(Supplier<IndexStats> latest, String reason, ToLongFunction<IndexStats.Rejected> value) {
        metrics.bind(
                Meter.INDEX_REJECTED,
                reason,
                () -> value.applyAsLong(latest.get().rejected()));
    }
}
