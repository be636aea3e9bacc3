package io.kvepp.kvcache;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// Fills an index and prints how many bytes of heap it takes, and how many it says it does. To be run in
/// a process of its own.
///
/// *Confined* to the main thread.
final class WeighedIndex {
    private static final int PROMPT_BLOCKS = 48;

    private WeighedIndex() {}

    /// Prints both numbers in a line.
    ///
    /// @param arguments ranks, prompts, and how many ranks have each prompt, one in four of them on its
    ///     host too
    public static void main(String[] arguments) {
        int ranks = Integer.parseInt(arguments[0]);
        int prompts = Integer.parseInt(arguments[1]);
        int holders = Integer.parseInt(arguments[2]);
        WorkerSlots slots = new WorkerSlots();
        for (int i = 0; i < ranks; i++) {
            slots.assign(new WorkerWithDpRank(i, 0));
        }
        long before = usedBytes();
        PrefixKvIndexer index = new PrefixKvIndexer(slots);
        SplittableRandom random = new SplittableRandom(1);
        long eventId = 0;
        for (int i = 0; i < prompts; i++) {
            long[] prompt = random.longs(PROMPT_BLOCKS).toArray();
            int first = random.nextInt(ranks);
            for (int j = 0; j < holders; j++) {
                KvCacheEvent stored = new KvCacheEvent.Stored(OptionalLong.empty(), prompt, prompt);
                WorkerWithDpRank rank = new WorkerWithDpRank((first + j) % ranks, 0);
                index.apply(new RouterEvent(rank, StorageTier.DEVICE, ++eventId, stored));
                if (j % 4 == 3) {
                    index.apply(new RouterEvent(rank, StorageTier.HOST_PINNED, ++eventId, stored));
                }
            }
        }
        System.out.println(usedBytes() - before + " " + index.stats().bytes());
    }

    private static long usedBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
