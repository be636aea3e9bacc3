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
/// Confined to its lock; only [#isOld] and [#slabBytes] may be asked without it.
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

    private final int slabBytes;
    private final Deque<Slab> slabs = new ArrayDeque<>();
    private long numbers;
    private volatile long oldBefore;
    private long bytes;
    private long count;

    SegmentSlabs(int slabBytes) {
        this.slabBytes = slabBytes;
    }

    /// What is kept in an array with others; more needs its own.
    int slabBytes() {
        return slabBytes;
    }

    /// Room for at most [#slabBytes] that nobody else writes to.
    Place place(int bytesNeeded) {
        Slab slab = slabs.peekLast();
        if (slab == null || slab.capacity - slab.used < bytesNeeded) {
            slab = begin(new byte[slabBytes]);
        }
        Place place = new Place(slab, Objects.requireNonNull(slab.bytes), slab.used);
        slab.used += bytesNeeded;
        return place;
    }

    /// All of an array.
    Place placeIn(byte[] own) {
        Slab slab = begin(own);
        slab.used = own.length;
        return new Place(slab, own, 0);
    }

    /// The segment is kept under this hash.
    void kept(Segment segment, long hash) {
        segment.slab().add(hash);
        count++;
    }

    private Slab begin(byte[] content) {
        Slab slab = new Slab(numbers++, content);
        slabs.addLast(slab);
        bytes += content.length;
        halve();
        return slab;
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
