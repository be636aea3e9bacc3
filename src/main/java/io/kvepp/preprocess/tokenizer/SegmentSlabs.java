package io.kvepp.preprocess.tokenizer;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Room for segments, in arrays that are taken one after the other and forgotten in that order.
///
/// What was written is never written over, so a segment stays whole for whoever has taken the
/// content of its slab. A slab that is forgotten lets its content go at once: dead and grown old, it
/// would keep it until the garbage collector marks the next time.
///
/// Confined to its lock; only [#isOld] may be asked without it.
final class SegmentSlabs {
    /// Some segments in one array, and what they are found by.
    ///
    /// Confined to the lock of the slabs; [#content] is for all to whom a segment was published.
    static final class Slab {
        private static final int HASHES_INITIAL = 64;

        private final long number;
        private final int capacity;
        private byte @Nullable [] bytes;
        private int used;
        private long[] hashes = new long[HASHES_INITIAL];
        private int count;

        private Slab(long number, byte[] bytes) {
            this.number = number;
            capacity = bytes.length;
            this.bytes = bytes;
        }

        /// Null when it was forgotten.
        byte @Nullable [] content() {
            return bytes;
        }

        private void add(long hash) {
            if (count == hashes.length) {
                hashes = Arrays.copyOf(hashes, 2 * count);
            }
            hashes[count++] = hash;
        }

        int count() {
            return count;
        }

        long hash(int index) {
            return hashes[index];
        }
    }

    /// Where a segment may be written: from `at` of `content` on, which is the slab's.
    record Place(Slab slab, byte[] content, int at) {}

    private final Deque<Slab> slabs = new ArrayDeque<>();
    private long numbers;
    private volatile long oldBefore;
    private long bytes;
    private long count;

    /// Room in the slab that was begun last, which nobody else writes to; null if it has not
    /// enough.
    @Nullable
    Place placeInLast(int bytesNeeded) {
        @Nullable Slab slab = slabs.peekLast();
        if (slab == null || slab.capacity - slab.used < bytesNeeded) {
            return null;
        }
        Place place = new Place(slab, Objects.requireNonNull(slab.bytes), slab.used);
        slab.used += bytesNeeded;
        return place;
    }

    /// Room in a slab that is begun with this array.
    Place placeIn(byte[] content, int bytesNeeded) {
        Slab slab = new Slab(numbers++, content);
        slab.used = bytesNeeded;
        slabs.addLast(slab);
        bytes += content.length;
        halve();
        return new Place(slab, content, 0);
    }

    /// The segment is kept under this hash.
    void kept(Segment segment, long hash) {
        segment.slab().add(hash);
        count++;
    }

    /// There is one.
    Slab removeOldest() {
        Slab oldest = slabs.removeFirst();
        bytes -= oldest.capacity;
        oldest.bytes = null;
        count -= oldest.count;
        halve();
        return oldest;
    }

    private void halve() {
        oldBefore = numbers - slabs.size() / 2;
    }

    /// Whether a slab is among the older half.
    boolean isOld(Slab slab) {
        return slab.number < oldBefore;
    }

    long bytes() {
        return bytes;
    }

    /// Segments that were kept and not forgotten since.
    long count() {
        return count;
    }
}
