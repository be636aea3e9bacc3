package io.kvepp.preprocess.tokenizer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The ids of text segments, bounded in bytes.
///
/// Two generations of half the limit each: when the young one is full it becomes the old one, whose
/// segments are forgotten unless they were asked for in the meantime. That keeps what is in use
/// without a list to maintain on each hit.
///
/// Thread-safe.
final class SegmentCache {
    private static final int ENTRY_OVERHEAD_BYTES = 128;

    private static final class Generation {
        final Map<String, int[]> ids = new ConcurrentHashMap<>();
        final AtomicLong bytes = new AtomicLong();
    }

    private final long generationBytesMax;
    private volatile Generation young = new Generation();
    private volatile Generation old = new Generation();

    SegmentCache(long bytesMax) {
        generationBytesMax = bytesMax / 2;
    }

    /// The ids, not to be changed, or null.
    int @Nullable [] get(String segment) {
        int[] ids = young.ids.get(segment);
        if (ids == null) {
            ids = old.ids.get(segment);
            if (ids != null) {
                put(segment, ids);
            }
        }
        return ids;
    }

    void put(String segment, int[] ids) {
        long bytes =
                ENTRY_OVERHEAD_BYTES + (long) Character.BYTES * segment.length() + (long) Integer.BYTES * ids.length;
        if (bytes > generationBytesMax) {
            return;
        }
        Generation generation = young;
        if (generation.bytes.get() + bytes > generationBytesMax) {
            generation = next(generation);
        }
        if (generation.ids.putIfAbsent(segment, ids) == null) {
            generation.bytes.addAndGet(bytes);
        }
    }

    /// An upper bound of what the kept segments take.
    long bytes() {
        return young.bytes.get() + old.bytes.get();
    }

    private synchronized Generation next(Generation full) {
        if (young == full) {
            old = full;
            young = new Generation();
        }
        return young;
    }
}
