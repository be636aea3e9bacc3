package io.kvepp.preprocess.tokenizer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
     * Segments are written one behind the other into slabs, and the slab that was begun first is forgotten with all
     * that is in it; what is asked for in the older half of the slabs is written again. That keeps what is in use
     * without a list to maintain on each hit, and makes the garbage collector see a few large arrays, used again and
     * again, in place of many small objects that grow old before they die.
     */
    private static final int ENTRY_OVERHEAD_BYTES = 128;
    private static final int SAMPLES = 8;

    /// With its header, a megabyte: a region of the collector's.
    private static final int SLAB_BYTES = (1 << 20) - 64;

    private static final int SLABS_MIN = 8;

    private final long bytesMax;
    private final Map<Long, Segment> entries = new ConcurrentHashMap<>();
    private final LongAdder charsFound = new LongAdder();
    private final LongAdder charsMissed = new LongAdder();
    private final SegmentSlabs slabs;
    private final int slabBytes;

    SegmentCache(long bytesMax) {
        this.bytesMax = bytesMax;
        slabBytes = (int) Math.min(SLAB_BYTES, bytesMax / SLABS_MIN);
        slabs = new SegmentSlabs(slabBytes);
    }

    /// What [#appendIds] and [#put] find a segment by.
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

    /// Appends the ids of this part of a text; false, and nothing happens, if they are not here.
    boolean appendIds(String text, int start, int end, long hash, SegmentChars chars, TokenBuffer ids) {
        Segment segment = entries.get(hash);
        byte[] content = segment == null ? null : segment.content();
        int known = ids.size();
        if (segment == null || content == null || !segment.matches(content, text, start, end - start, chars)) {
            charsMissed.add(end - start);
            return false;
        }
        segment.copyIds(content, ids);
        if (!segment.slab().hasStill()) {
            ids.cutTo(known);
            charsMissed.add(end - start);
            return false;
        }
        charsFound.add(end - start);
        if (slabs.isOld(segment.slab())) {
            keepAgain(hash, segment, content);
        }
        return true;
    }

    /// Keeps a part of a text with its ids, `count` of them from `first` on.
    void put(long hash, String text, int start, int length, int[] ids, int first, int count, SegmentChars chars) {
        boolean wide = !chars.areBytes(text, start, length);
        long bytes = Segment.bytes(length, wide, count);
        if (bytes + ENTRY_OVERHEAD_BYTES > bytesMax / 2) {
            return;
        }
        SegmentSlabs.Place place = place((int) bytes);
        Segment segment = new Segment(place.slab(), place.at(), length, wide, count);
        segment.write(place.content(), text, start, ids, first, chars);
        keep(hash, segment);
    }

    private void keepAgain(long hash, Segment segment, byte[] content) {
        SegmentSlabs.Place place = place(segment.bytes());
        Segment copied = segment.copied(content, place);
        if (segment.slab().hasStill()) {
            keep(hash, copied);
        } else {
            synchronized (slabs) {
                slabs.leftEmpty(place.slab());
            }
        }
    }

    /// Room that is nobody else's, to be written without the lock: a long segment takes its time, and
    /// its array does.
    private SegmentSlabs.Place place(int bytes) {
        synchronized (slabs) {
            SegmentSlabs.@Nullable Place place = slabs.placeInLast(bytes);
            if (place != null) {
                return place;
            }
            byte @Nullable [] spare = slabs.takeSpare(bytes);
            if (spare != null) {
                return slabs.placeIn(spare, bytes);
            }
        }
        byte[] content = new byte[Math.max(slabBytes, bytes)];
        synchronized (slabs) {
            return slabs.placeIn(content, bytes);
        }
    }

    /// The segment is written, in a slab that may be forgotten meanwhile.
    private void keep(long hash, Segment segment) {
        synchronized (slabs) {
            if (segment.content() == null) {
                slabs.leftEmpty(segment.slab());
                return;
            }
            slabs.kept(segment, hash);
            entries.put(hash, segment);
            while (slabs.bytes() + overheadBytes() > bytesMax - slabBytes) {
                SegmentSlabs.Slab oldest = slabs.removeOldest();
                for (int i = 0; i < oldest.count(); i++) {
                    entries.computeIfPresent(oldest.hash(i), (_, kept) -> kept.slab() == oldest ? null : kept);
                }
            }
        }
    }

    /// An upper bound of what the kept segments take, a spare array included.
    long bytes() {
        synchronized (slabs) {
            return slabs.bytes() + slabs.spareBytes() + overheadBytes();
        }
    }

    private long overheadBytes() {
        return (long) ENTRY_OVERHEAD_BYTES * slabs.count();
    }

    /// Characters whose ids were here when asked for.
    long charsFound() {
        return charsFound.sum();
    }

    /// Characters whose ids were not.
    long charsMissed() {
        return charsMissed.sum();
    }
}
