package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the index occupies once a workload is applied: the heap after a full collection, minus the
/// same without the index, plus what it holds beside the heap.
///
/// *Confined* to one thread.
final class MemoryCheck {
    private static final int COLLECTIONS = 3; // the later ones take what the first found by way of references

    private MemoryCheck() {}

    /// - `bytes`: what the index occupies
    /// - `owner_blocks`: the blocks it holds, once for each worker
    /// - `stored_blocks`: the blocks that events stored
    static Map<String, Object> of(Workload workload) {
        long with;
        long ownerBlocks;
        long storedBlocks = 0;
        try (IndexUnderTest tested = new IndexUnderTest(workload.workers())) {
            for (Workload.Requests requests = workload.requests(); requests.next(); ) {
                requests.query();
                for (RouterEvent event : requests.events()) {
                    tested.index().apply(event);
                    storedBlocks +=
                            event.event() instanceof KvCacheEvent.Stored stored ? stored.blockHashes().length : 0;
                }
            }
            ownerBlocks = tested.index().stats().ownerBlocks();
            with = usedHeapBytes() + tested.offHeapBytes();
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bytes", with - usedHeapBytes());
        figures.put("owner_blocks", ownerBlocks);
        figures.put("stored_blocks", storedBlocks);
        return figures;
    }

    static long usedHeapBytes() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
