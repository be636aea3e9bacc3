package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The ids of text segments, bounded in bytes.
///
/// Thread-safe.
final class SegmentCache {
    /*
     * Special tokens cut a prompt into segments that become ids independently of each other, so each is kept on its
     * own: prompts share what they have in common, wherever it stands, and nothing depends on what came before.
     *
     * A segment is found by a hash of its length and a few of its characters, and then compared in full, which is a
     * loop that the JVM vectorizes, as hashing would not be. Segments that differ only between these characters take
     * each other's place.
     *
     * Two generations of half the limit each: when the young one is full it becomes the old one, whose
     * segments are forgotten unless they were asked for in the meantime. That keeps what is in use
     * without a list to maintain on each hit.
     *
     * Of a prompt that is mostly new, the entries are views of its text and of its ids, which exist anyway. Such an
     * entry keeps the whole prompt alive, so one that is carried over to the next generation is copied.
     */
    private static final int ENTRY_OVERHEAD_BYTES = 128;
    private static final int SAMPLES = 8;
    private static final int CHUNK_CHARS = 2048;

    /// A segment: `length` chars from `start` on, and its ids, `count` from `first` on.
    record Segment(String text, int start, int length, int[] ids, int first, int count) {
        private Segment copy() {
            return length == text.length() && count == ids.length
                    ? this
                    : new Segment(
                            text.substring(start, start + length),
                            0,
                            length,
                            Arrays.copyOfRange(ids, first, first + count),
                            0,
                            count);
        }

        private long bytes() {
            return ENTRY_OVERHEAD_BYTES + (long) Character.BYTES * length + (long) Integer.BYTES * count;
        }
    }

    private static final class Generation {
        final Map<Long, Segment> entries = new ConcurrentHashMap<>();
        final AtomicLong bytes = new AtomicLong();
    }

    /// Room for comparing: two chars of each text, whether the JVM keeps it in one byte a char or
    /// in two.
    ///
    /// Confined: one thread at a time.
    static final class Scratch {
        private final char[] left = new char[CHUNK_CHARS];
        private final char[] right = new char[CHUNK_CHARS];

        /// Whether `text` goes on with the segment at `start`.
        private boolean matches(String text, int start, Segment segment) {
            for (int from = 0; from < segment.length; from += CHUNK_CHARS) {
                int count = Math.min(segment.length - from, CHUNK_CHARS);
                text.getChars(start + from, start + from + count, left, 0);
                segment.text.getChars(segment.start + from, segment.start + from + count, right, 0);
                if (Arrays.mismatch(left, 0, count, right, 0, count) >= 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final long generationBytesMax;
    private final LongAdder charsFound = new LongAdder();
    private final LongAdder charsMissed = new LongAdder();
    private volatile Generation young = new Generation();
    private volatile Generation old = new Generation();

    SegmentCache(long bytesMax) {
        generationBytesMax = bytesMax / 2;
    }

    /// What [#get] and [#put] find a segment by.
    static long hash(String text, int start, int end) {
        int length = end - start;
        long hash = length;
        int head = Math.min(length, SAMPLES);
        for (int i = 0; i < head; i++) {
            hash = Mix.mix(hash ^ text.charAt(start + i));
            hash = Mix.mix(hash ^ text.charAt(end - 1 - i));
            hash = Mix.mix(hash ^ text.charAt(start + (int) ((long) length * i / SAMPLES)));
        }
        return hash;
    }

    /// The segment that is the same as this part of a text, or null.
    @Nullable
    Segment get(String text, int start, int end, long hash, Scratch scratch) {
        Segment segment = young.entries.get(hash);
        boolean isOld = segment == null;
        if (isOld) {
            segment = old.entries.get(hash);
        }
        if (segment == null || segment.length != end - start || !scratch.matches(text, start, segment)) {
            charsMissed.add(end - start);
            return null;
        }
        charsFound.add(end - start);
        if (isOld) {
            keep(hash, segment.copy());
        }
        return segment;
    }

    /// Keeps a segment of a prompt, as a view of it if `shared`.
    void put(long hash, Segment segment, boolean shared) {
        keep(hash, shared ? segment : segment.copy());
    }

    private void keep(long hash, Segment segment) {
        long bytes = segment.bytes();
        if (bytes > generationBytesMax) {
            return;
        }
        Generation generation = young;
        if (generation.bytes.get() + bytes > generationBytesMax) {
            generation = next(generation);
        }
        Segment before = generation.entries.put(hash, segment);
        generation.bytes.addAndGet(before == null ? bytes : bytes - before.bytes());
    }

    /// An upper bound of what the kept segments take.
    long bytes() {
        return young.bytes.get() + old.bytes.get();
    }

    /// Characters whose ids were here when asked for.
    long charsFound() {
        return charsFound.sum();
    }

    /// Characters whose ids were not.
    long charsMissed() {
        return charsMissed.sum();
    }

    private synchronized Generation next(Generation full) {
        if (young == full) {
            old = full;
            young = new Generation();
        }
        return young;
    }
}
