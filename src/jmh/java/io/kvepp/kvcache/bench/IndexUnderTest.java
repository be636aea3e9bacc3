package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.worker.WorkerSlots;

/// A new [KvIndexer] of the kind that kv-epp runs, with its workers: the one place that names it. All
/// of it is on the heap.
///
/// As thread-safe as the index.
final class IndexUnderTest {
    static final int BLOCK_SIZE_TOKENS = 128;

    private final KvIndexer index;

    /// Worker `n` of the workload has slot `n`.
    IndexUnderTest(int workers) {
        WorkerSlots slots = new WorkerSlots();
        for (int worker = 0; worker < workers; worker++) {
            slots.assign(Workload.rank(worker));
        }
        index = new PrefixKvIndexer(slots);
    }

    KvIndexer index() {
        return index;
    }

    /// What a request with these local hashes looks up; the index does not read the others.
    static BlockHashes query(long[] localHashes) {
        return new BlockHashes(localHashes, localHashes, BLOCK_SIZE_TOKENS);
    }

    /// Blocks held, once for each worker that holds them.
    long ownerBlocks() {
        return index.stats().ownerBlocks().all();
    }
}
