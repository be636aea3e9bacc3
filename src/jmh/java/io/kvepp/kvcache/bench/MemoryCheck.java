package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the index occupies once a workload is applied: the heap after a full collection, minus the
/// same without the index.
///
/// *Confined* to one thread.
final class MemoryCheck {
    private static final int COLLECTIONS = 3; // the later ones take what the first found by way of references

    private MemoryCheck() {}

    /// - `bytes`: what the index occupies
    /// - `owner_blocks`: the blocks it holds, once for each worker
    /// - `stored_blocks`: the blocks that events stored
    static Map<String, Object> of(Workload workload) {
        Map<String, Object> figures = new LinkedHashMap<>();
        long with = fill(workload, figures);
        figures.put("bytes", with - usedHeapBytes());
        return figures;
    }

    /// The heap with a full index, which is nobody's any more afterwards.
    private static long fill(Workload workload, Map<String, Object> figures) {
        IndexUnderTest tested = new IndexUnderTest(workload.workers());
        figures.put("stored_blocks", apply(workload, tested.index()));
        long with = usedHeapBytes();
        figures.put("owner_blocks", tested.ownerBlocks());
        return with;
    }

    private static long apply(Workload workload, KvIndexer index) {
        long storedBlocks = 0;
        for (Workload.Requests requests = workload.requests(); requests.next(); ) {
            requests.query();
            for (RouterEvent event : requests.events()) {
                index.apply(event);
                storedBlocks += event.event() instanceof KvCacheEvent.Stored stored ? stored.blockHashes().length : 0;
            }
        }
        return storedBlocks;
    }

    /// After full collections.
    static long usedHeapBytes() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
