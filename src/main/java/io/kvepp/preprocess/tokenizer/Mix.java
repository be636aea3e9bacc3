package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Hashes for the open-addressing tables of this package. Not for storage: the values may change.
final class Mix {
    /// [#bytes] reads whole words, so arrays need this many spare bytes behind the hashed range.
    static final int SPARE_BYTES = Long.BYTES;

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Mix() {}

    /// The high bits are good, the low ones are not.
    static long mix(long value) {
        long h = value * MULTIPLIER;
        return (h ^ (h >>> 32)) * MULTIPLIER;
    }

    static long bytes(byte[] bytes, int length) {
        return bytes(bytes, 0, length);
    }

    static long bytes(byte[] bytes, int from, int length) {
        long h = length;
        int i = from;
        int end = from + length;
        for (; i + Long.BYTES <= end; i += Long.BYTES) {
            h = mix(h ^ (long) LONG.get(bytes, i));
        }
        int rest = end - i;
        if (rest > 0) {
            long mask = -1L >>> ((Long.BYTES - rest) * Byte.SIZE);
            h = mix(h ^ ((long) LONG.get(bytes, i) & mask));
        }
        return h;
    }
}
