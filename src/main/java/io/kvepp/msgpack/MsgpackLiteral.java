package io.kvepp.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Bytes that one program always writes at the same place: keys with the tags before and after them.
///
/// Who expects them passes over all of them at once with [MsgpackReader#tryLiteral].
///
/// Immutable.
public final class MsgpackLiteral {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    final int length;
    private final byte[] bytes;

    /// The first and the last eight bytes, which may overlap.
    private final long head;

    private final long tail;

    private MsgpackLiteral(byte[] bytes) {
        if (bytes.length < Long.BYTES) {
            throw new IllegalArgumentException(
                    "literal: " + bytes.length + " bytes (expected: at least " + Long.BYTES + ")");
        }
        this.bytes = bytes;
        length = bytes.length;
        head = (long) LONG.get(bytes, 0);
        tail = (long) LONG.get(bytes, length - Long.BYTES);
    }

    /// The bytes of `text`, each character one byte.
    public static MsgpackLiteral of(String text) {
        return new MsgpackLiteral(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// True when they stand at `from`, which is followed by so many bytes at least.
    boolean standsAt(byte[] read, int from) {
        return (long) LONG.get(read, from) == head
                && (long) LONG.get(read, from + length - Long.BYTES) == tail
                && (length <= 2 * Long.BYTES || Arrays.equals(bytes, 0, length, read, from, from + length));
    }
}
