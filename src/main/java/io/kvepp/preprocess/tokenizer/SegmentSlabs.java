package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Room for segments, in arrays that are taken one after the other and forgotten in that order.
///
/// A slab that is forgotten lets its content go at once: dead and grown old, it would keep it until
/// the garbage collector marks the next time. The array becomes the next slab's, unless somebody
/// still writes to it, so a cache in use makes no garbage. Who reads a slab's content looks once more
/// afterwards whether the slab still has it: if so, what was read is what was written for this slab.
///
/// Confined to its lock; only [#isOld] may be asked without it.
final class SegmentSlabs {
    /*
     * Reader: takes the content (volatile), reads it, acquires, looks whether the slab has it still.
     * Writer: takes the content off the slab, a full fence, and only then does the array get another
     * slab. So a reader who saw a byte of the next slab sees that its own has lost the array.
     */
    /// Some segments in one array, and what they are found by.
    ///
    /// Confined to the lock of the slabs; [#content] is for all to whom a segment was published.
    static final class Slab {
        private static final int HASHES_INITIAL = 64;

        private final long number;
        private final int capacity;
        private volatile byte @Nullable [] bytes;
        private int used;
        private int open;
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

        /// Whether all that was read of its content was the slab's.
        boolean hasStill() {
            VarHandle.acquireFence();
            return bytes != null;
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

    /// Where a segment may be written: from `at` of `content` on, which is the slab's. Each ends with
    /// [#kept] or [#leftEmpty].
    record Place(Slab slab, byte[] content, int at) {}

    private final Deque<Slab> slabs = new ArrayDeque<>();
    private final int slabBytes;
    private byte @Nullable [] spare;
    private long numbers;
    private volatile long oldBefore;
    private long bytes;
    private long count;

    /// Slabs have `slabBytes`, those of larger segments more.
    SegmentSlabs(int slabBytes) {
        this.slabBytes = slabBytes;
    }

    /// An array for a new slab, which nobody else has any more; null if there is none.
    byte @Nullable [] takeSpare(int bytesNeeded) {
        byte[] array = bytesNeeded <= slabBytes ? spare : null;
        if (array != null) {
            spare = null;
        }
        return array;
    }

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
        slab.open++;
        return place;
    }

    /// Room in a slab that is begun with this array.
    Place placeIn(byte[] content, int bytesNeeded) {
        Slab slab = new Slab(numbers++, content);
        slab.used = bytesNeeded;
        slab.open = 1;
        slabs.addLast(slab);
        bytes += content.length;
        halve();
        return new Place(slab, content, 0);
    }

    /// The segment is kept under this hash.
    void kept(Segment segment, long hash) {
        segment.slab().add(hash);
        segment.slab().open--;
        count++;
    }

    /// What was written at the place is not wanted.
    void leftEmpty(Slab slab) {
        slab.open--;
    }

    /// There is one.
    Slab removeOldest() {
        Slab oldest = slabs.removeFirst();
        bytes -= oldest.capacity;
        byte[] content = oldest.bytes;
        oldest.bytes = null;
        VarHandle.fullFence();
        if (oldest.capacity == slabBytes && oldest.open == 0) {
            spare = content;
        }
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

    /// Of the slabs, without a spare array.
    long bytes() {
        return bytes;
    }

    long spareBytes() {
        return spare == null ? 0 : spare.length;
    }

    /// Segments that were kept and not forgotten since.
    long count() {
        return count;
    }
}
