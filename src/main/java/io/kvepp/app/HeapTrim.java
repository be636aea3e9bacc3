package io.kvepp.app;

import java.util.function.LongSupplier;

/// Lets the heap shrink that grew under load. The garbage collector grows it with the share of time
/// that collections take, region by region, and gives memory back only after it has marked what is
/// alive; since the caches let their arrays go without being marked, hardly anything else makes it.
///
/// Confined to one thread.
final class HeapTrim {
    private static final long GROWTH_BYTES_MIN = 24L << 20;

    private final LongSupplier heapBytes;
    private final Runnable mark;
    private long smallest = Long.MAX_VALUE;

    /// - `heapBytes`: how large the heap is now
    /// - `mark`: begins to look for what is alive, beside the requests
    HeapTrim(LongSupplier heapBytes, Runnable mark) {
        this.heapBytes = heapBytes;
        this.mark = mark;
    }

    /// To be called every few seconds: long enough for a marking to end.
    void tick() {
        long bytes = heapBytes.getAsLong();
        if (smallest != Long.MAX_VALUE && bytes - smallest > Math.max(GROWTH_BYTES_MIN, smallest / 5)) {
            mark.run();
            smallest = Long.MAX_VALUE;
        } else {
            smallest = Math.min(smallest, bytes);
        }
    }
}
