package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.IndexStats.OwnerBlocks;
import io.kvepp.kvcache.IndexStats.Readers;
import io.kvepp.kvcache.IndexStats.Rejected;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.routed.RoutedBlocks;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.testing.FixedIndexer;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IndexMetersTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(1, 0);
    private static final KvIndexer COUNTED = new FixedIndexer(
            List.of(),
            new IndexStats(1, new OwnerBlocks(2, 3, 4, 5), 6, new Rejected(7, 8, 9, 10, 11), new Readers(13, 14), 12));

    @Test
    void everythingTheIndexCountsIsShown() {
        try (EppMetrics metrics = new EppMetrics()) {
            new IndexMeters(metrics).bind(COUNTED);

            assertThat(metrics.scrape().lines())
                    .contains(
                            "kv_epp_index_blocks 1.0",
                            "kv_epp_index_owner_blocks{tier=\"device\"} 2.0",
                            "kv_epp_index_owner_blocks{tier=\"host_pinned\"} 3.0",
                            "kv_epp_index_owner_blocks{tier=\"disk\"} 4.0",
                            "kv_epp_index_owner_blocks{tier=\"external\"} 5.0",
                            "kv_epp_index_events_applied_total 6.0",
                            "kv_epp_index_rejected_total{reason=\"unknown_parent\"} 7.0",
                            "kv_epp_index_rejected_total{reason=\"unknown_hash\"} 8.0",
                            "kv_epp_index_rejected_total{reason=\"conflicting_hash\"} 9.0",
                            "kv_epp_index_rejected_total{reason=\"invalid_sequence\"} 10.0",
                            "kv_epp_index_rejected_total{reason=\"over_limit\"} 11.0",
                            "kv_epp_index_lookup_retries_total 13.0",
                            "kv_epp_index_lookup_waits_total 14.0",
                            "kv_epp_index_bytes 12.0");
        }
    }

    @Test
    void aScrapeLooksAtTheIndexOnce() {
        AtomicInteger looks = new AtomicInteger();
        IndexStats any = COUNTED.stats();
        KvIndexer counting = (KvIndexer) Proxy.newProxyInstance(
                KvIndexer.class.getClassLoader(), new Class<?>[] {KvIndexer.class}, (_, _, _) -> {
                    int look = looks.incrementAndGet();
                    return new IndexStats(look, any.ownerBlocks(), look, any.rejected(), any.readers(), any.bytes());
                });
        try (EppMetrics metrics = new EppMetrics()) {
            new IndexMeters(metrics).bind(counting);
            int before = looks.get();

            assertThat(metrics.scrape()).contains("kv_epp_index_blocks " + (before + 1.0));
            assertThat(metrics.scrape())
                    .contains(
                            "kv_epp_index_blocks " + (before + 2.0),
                            "kv_epp_index_events_applied_total " + (before + 2.0));
            assertThat(looks).hasValue(before + 2);
        }
    }

    @Test
    void whatIsRememberedOfDecisionsIsShown() {
        WorkerSlots slots = new WorkerSlots();
        slots.assign(RANK);
        try (EppMetrics metrics = new EppMetrics()) {
            RoutedBlocks decisions =
                    new RoutedBlocks(COUNTED, slots, new RoutedBlocks.Limits(Duration.ofSeconds(1), 2), () -> 0);
            new IndexMeters(metrics).bind(decisions);
            decisions.routed(RANK, new BlockHashes(new long[] {1, 2, 3}, new long[] {1, 2, 3}, 16));

            assertThat(metrics.scrape().lines())
                    .contains("kv_epp_routed_blocks 2.0", "kv_epp_routed_blocks_dropped_total 1.0");
        }
    }
}
