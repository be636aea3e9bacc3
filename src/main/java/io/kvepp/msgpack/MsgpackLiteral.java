package io.kvepp.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Bytes that one program always writes at the same place: keys with the tags before and after them.
///
/// Who expects them passes over all of them at once with [MsgpackReader#tryLiteral].
///
/// Immutable.
public final class MsgpackLiteral {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    final int length;

    /// All bytes, eight at a time; the last eight overlap those before them.
    private final long[] parts;

    private MsgpackLiteral(byte[] bytes) {
        if (bytes.length < Long.BYTES) {
            throw new IllegalArgumentException(
                    "literal: " + bytes.length + " bytes (expected: at least " + Long.BYTES + ")");
        }
        length = bytes.length;
        parts = new long[(length + Long.BYTES - 1) / Long.BYTES];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = (long) LONG.get(bytes, Math.min(i * Long.BYTES, length - Long.BYTES));
        }
    }

    /// The bytes of `text`, each character one byte.
    public static MsgpackLiteral of(String text) {
        return new MsgpackLiteral(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// True when they stand at `from`, which is followed by so many bytes at least.
    boolean standsAt(byte[] bytes, int from) {
        int last = parts.length - 1;
        for (int i = 0; i < last; i++) {
            if ((long) LONG.get(bytes, from + i * Long.BYTES) != parts[i]) {
                return false;
            }
        }
        return (long) LONG.get(bytes, from + length - Long.BYTES) == parts[last];
    }
}
