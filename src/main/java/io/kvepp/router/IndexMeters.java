package io.kvepp.router;

import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.routed.RoutedBlocks;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import java.util.function.ToLongFunction;

/// Shows an index as meters, read at each scrape.
///
/// Thread-safe.
public final class IndexMeters {
    private final EppMetrics metrics;

    public IndexMeters(EppMetrics metrics) {
        this.metrics = metrics;
    }

    /// Binds what the index counts.
    public void bind(KvIndexer indexer) {
        bind(indexer, Meter.INDEX_BLOCKS, IndexStats::blocks);
        bind(indexer, Meter.INDEX_BYTES, IndexStats::bytes);
        bind(indexer, Meter.INDEX_EVENTS_APPLIED, IndexStats::eventsApplied);
        bind(indexer, Meter.INDEX_LOOKUP_RETRIES, stats -> stats.readers().retries());
        bind(indexer, Meter.INDEX_LOOKUP_WAITS, stats -> stats.readers().waits());
        owners(indexer, "device", IndexStats.OwnerBlocks::device);
        owners(indexer, "host_pinned", IndexStats.OwnerBlocks::hostPinned);
        owners(indexer, "disk", IndexStats.OwnerBlocks::disk);
        owners(indexer, "external", IndexStats.OwnerBlocks::external);
        rejected(indexer, "unknown_parent", IndexStats.Rejected::unknownParents);
        rejected(indexer, "unknown_hash", IndexStats.Rejected::unknownHashes);
        rejected(indexer, "conflicting_hash", IndexStats.Rejected::conflictingHashes);
        rejected(indexer, "invalid_sequence", IndexStats.Rejected::invalidSequences);
        rejected(indexer, "over_limit", IndexStats.Rejected::overLimit);
    }

    /// Binds what is remembered of decisions.
    public void bind(RoutedBlocks decisions) {
        metrics.bind(Meter.ROUTED_BLOCKS, decisions::blocks);
        metrics.bind(Meter.ROUTED_BLOCKS_DROPPED, decisions::droppedBlocks);
    }

    private void bind(KvIndexer indexer, Meter meter, ToLongFunction<IndexStats> value) {
        metrics.bind(meter, () -> value.applyAsLong(indexer.stats()));
    }

    private void owners(KvIndexer indexer, String tier, ToLongFunction<IndexStats.OwnerBlocks> value) {
        metrics.bind(
                Meter.INDEX_OWNER_BLOCKS,
                tier,
                () -> value.applyAsLong(indexer.stats().ownerBlocks()));
    }

    private void rejected(KvIndexer indexer, String reason, ToLongFunction<IndexStats.Rejected> value) {
        metrics.bind(
                Meter.INDEX_REJECTED,
                reason,
                () -> value.applyAsLong(indexer.stats().rejected()));
    }
}
