package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Bitmaps over the positions of a node, as `long[]`; a bit beyond the array is not set.
///
/// Single-writer; readers see each word whole, with what was written before it.
final class Bits {
    static final long[] NONE = new long[0];

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private Bits() {}

    static boolean get(long[] bits, int index) {
        return index >>> 6 < bits.length && (word(bits, index >>> 6) >>> index & 1) != 0;
    }

    /// `bits`, or a longer copy of it, for bits up to `size`.
    static long[] withRoom(long[] bits, int size) {
        int words = (size + 63) >>> 6;
        return words <= bits.length ? bits : Arrays.copyOf(bits, words);
    }

    /// How many were not set before.
    static int set(long[] bits, int from, int count) {
        int added = 0;
        for (int word = from >>> 6; word <= (from + count - 1) >>> 6; word++) {
            long mask = mask(word, from, from + count);
            added += Long.bitCount(mask & ~bits[word]);
            WORDS.setRelease(bits, word, bits[word] | mask);
        }
        return added;
    }

    /// How many were set before.
    static int clear(long[] bits, int from, int count) {
        int removed = 0;
        for (int word = from >>> 6; word <= (from + count - 1) >>> 6 && word < bits.length; word++) {
            long mask = mask(word, from, from + count);
            removed += Long.bitCount(mask & bits[word]);
            WORDS.setRelease(bits, word, bits[word] & ~mask);
        }
        return removed;
    }

    /// Set bits from `from` on, without a gap, ending before `end`.
    static int runLength(long[] bits, int from, int end) {
        int index = from;
        while (index < end && index >>> 6 < bits.length) {
            long gaps = ~word(bits, index >>> 6) >>> index;
            if (gaps != 0) {
                return Math.min(index + Long.numberOfTrailingZeros(gaps), end) - from;
            }
            index = (index | 63) + 1;
        }
        return Math.max(0, Math.min(index, end) - from);
    }

    /// One more than the highest set bit; 0 when none is.
    static int length(long[] bits) {
        for (int word = bits.length - 1; word >= 0; word--) {
            if (bits[word] != 0) {
                return 64 * word + 64 - Long.numberOfLeadingZeros(bits[word]);
            }
        }
        return 0;
    }

    static int count(long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /// The bits from `from` to `to`, moved to 0.
    static long[] slice(long[] bits, int from, int to) {
        long[] slice = new long[(to - from + 63) >>> 6];
        int first = from >>> 6;
        for (int word = 0; word < slice.length && first + word < bits.length; word++) {
            slice[word] = bits[first + word] >>> from;
            if ((from & 63) != 0 && first + word + 1 < bits.length) {
                slice[word] |= bits[first + word + 1] << -from;
            }
        }
        if (((to - from) & 63) != 0) {
            slice[slice.length - 1] &= -1L >>> from - to;
        }
        return slice;
    }

    private static long word(long[] bits, int word) {
        return (long) WORDS.getAcquire(bits, word);
    }

    /// The bits of `word` that are in `from` to `to`.
    private static long mask(int word, int from, int to) {
        long low = word == from >>> 6 ? -1L << from : -1L;
        long high = word == (to - 1) >>> 6 ? -1L >>> -to : -1L;
        return low & high;
    }
}
