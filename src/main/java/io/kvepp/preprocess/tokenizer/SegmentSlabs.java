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

        private Slab(long number, int capacity) {
            this.number = number;
            this.capacity = capacity;
            bytes = new byte[capacity];
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

    private final int slabBytes;
    private final Deque<Slab> slabs = new ArrayDeque<>();
    private long numbers;
    private volatile long oldBefore;
    private long bytes;
    private long count;

    SegmentSlabs(int slabBytes) {
        this.slabBytes = slabBytes;
    }

    /// An empty segment.
    Segment segment(int bytesNeeded, int length, boolean wide, int count) {
        Slab slab = slabs.peekLast();
        if (slab == null || slab.capacity - slab.used < bytesNeeded) {
            slab = begin(Math.max(slabBytes, bytesNeeded));
        }
        Segment segment = new Segment(slab, slab.used, length, wide, count);
        slab.used += bytesNeeded;
        return segment;
    }

    /// The segment once more, `content` being its slab's, in the slab that was begun last.
    Segment copy(Segment segment, byte[] content) {
        int size = (int) Segment.bytes(segment.length(), segment.wide(), segment.count());
        Segment copy = segment(size, segment.length(), segment.wide(), segment.count());
        System.arraycopy(content, segment.at(), Objects.requireNonNull(copy.content()), copy.at(), size);
        return copy;
    }

    /// The segment is kept under this hash.
    void kept(Segment segment, long hash) {
        segment.slab().add(hash);
        count++;
    }

    private Slab begin(int capacity) {
        Slab slab = new Slab(numbers++, capacity);
        slabs.addLast(slab);
        bytes += capacity;
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
