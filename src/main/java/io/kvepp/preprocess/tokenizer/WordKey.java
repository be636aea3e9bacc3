package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A short piece as two words: its bytes, filled up with 0xFF, which no UTF-8 contains.
///
/// The second word keeps its low [#VALUE_BITS] bits free for a value.
final class WordKey {
    /// Longer pieces have no key.
    static final int BYTES_MAX = 13;

    /// Readable bytes that must follow a piece; their values do not matter.
    static final int SPARE_BYTES = 16;

    static final int VALUE_BITS = 24;
    static final int VALUE_MASK = (1 << VALUE_BITS) - 1;

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long[] LOW_FILL = new long[BYTES_MAX + 2];
    private static final long[] HIGH_FILL = new long[BYTES_MAX + 2];

    static {
        LOW_FILL[BYTES_MAX + 1] = -1;
        HIGH_FILL[BYTES_MAX + 1] = -1;
        for (int length = 0; length <= BYTES_MAX; length++) {
            LOW_FILL[length] = length < Long.BYTES ? -1L << (length * Byte.SIZE) : 0;
            HIGH_FILL[length] = length <= Long.BYTES ? -1L : -1L << ((length - Long.BYTES) * Byte.SIZE);
        }
    }

    private WordKey() {}

    static long low(byte[] text, int from, int length) {
        return (long) LONG.get(text, from) | LOW_FILL[length];
    }

    static long high(byte[] text, int from, int length) {
        return ((long) LONG.get(text, from + Long.BYTES) | HIGH_FILL[length]) << VALUE_BITS;
    }

    /// The high bits are good, the low ones are not.
    static long hash(long low, long high) {
        return (low ^ Long.rotateRight(high, 27)) * MULTIPLIER;
    }
}
