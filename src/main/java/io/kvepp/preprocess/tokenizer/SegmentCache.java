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
     * A segment is found by a hash of its length and a few dozen of its characters, and then compared in full: five
     * times as fast as hashing it in full. Segments that differ only between these characters take each other's
     * place.
     *
     * Two generations of half the limit each: when the young one is full it becomes the old one, whose
     * segments are forgotten unless they were asked for in the meantime. That keeps what is in use
     * without a list to maintain on each hit.
     */
    private static final int ENTRY_OVERHEAD_BYTES = 128;
    private static final int SAMPLES = 24;
    private static final int CHUNK_CHARS = 2048;

    private record Entry(String text, int[] ids) {}

    private static final class Generation {
        final Map<Long, Entry> entries = new ConcurrentHashMap<>();
        final AtomicLong bytes = new AtomicLong();
    }

    /// Room for comparing.
    ///
    /// Confined: one thread at a time.
    static final class Scratch {
        private final char[] left = new char[CHUNK_CHARS];
        private final char[] right = new char[CHUNK_CHARS];

        /// Whether `text` goes on with `segment` at `start`.
        boolean matches(CharSequence text, int start, String segment) {
            for (int from = 0; from < segment.length(); from += CHUNK_CHARS) {
                int to = Math.min(segment.length(), from + CHUNK_CHARS);
                text.getChars(start + from, start + to, left, 0);
                segment.getChars(from, to, right, 0);
                if (Arrays.mismatch(left, 0, to - from, right, 0, to - from) >= 0) {
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
    static long hash(CharSequence text, int start, int end) {
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

    /// The ids, not to be changed, or null.
    int @Nullable [] get(String segment) {
        return get(segment, 0, segment.length(), hash(segment, 0, segment.length()), new Scratch());
    }

    /// The ids of a part of a text, not to be changed, or null.
    int @Nullable [] get(CharSequence text, int start, int end, long hash, Scratch scratch) {
        Entry entry = young.entries.get(hash);
        if (entry == null) {
            entry = old.entries.get(hash);
            if (entry != null) {
                put(hash, entry);
            }
        }
        if (entry != null && entry.text.length() == end - start && scratch.matches(text, start, entry.text)) {
            charsFound.add(end - start);
            return entry.ids;
        }
        charsMissed.add(end - start);
        return null;
    }

    void put(String segment, int[] ids) {
        put(hash(segment, 0, segment.length()), segment, ids);
    }

    void put(long hash, String segment, int[] ids) {
        put(hash, new Entry(segment, ids));
    }

    private void put(long hash, Entry entry) {
        long bytes = bytes(entry);
        if (bytes > generationBytesMax) {
            return;
        }
        Generation generation = young;
        if (generation.bytes.get() + bytes > generationBytesMax) {
            generation = next(generation);
        }
        Entry before = generation.entries.put(hash, entry);
        generation.bytes.addAndGet(before == null ? bytes : bytes - bytes(before));
    }

    private static long bytes(Entry entry) {
        return ENTRY_OVERHEAD_BYTES
                + (long) Character.BYTES * entry.text.length()
                + (long) Integer.BYTES * entry.ids.length;
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
