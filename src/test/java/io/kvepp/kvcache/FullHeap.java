package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// Stores prompts in an index of default size until it refuses some for a while; prints how many blocks
/// it has then. To be run in a process of its own.
///
/// *Confined* to the main thread.
final class FullHeap {
    private static final int REFUSED = 20_000;
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(1, 0);

    private FullHeap() {}

    /// Ends when the index is full.
    ///
    /// @param arguments blocks of a prompt
    public static void main(String[] arguments) {
        int blocks = Integer.parseInt(arguments[0]);
        WorkerSlots slots = new WorkerSlots();
        slots.assign(RANK);
        PrefixKvIndexer index = new PrefixKvIndexer(slots);
        SplittableRandom random = new SplittableRandom(1);
        for (long id = 1; index.stats().rejected().overLimit() < REFUSED; id++) {
            long[] prompt = random.longs(blocks).toArray();
            index.apply(new RouterEvent(
                    RANK, StorageTier.DEVICE, id, new KvCacheEvent.Stored(OptionalLong.empty(), prompt, prompt)));
        }
        System.out.println(index.stats().blocks());
    }
}
