package io.kvepp.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Bytes that one program always writes at the same place: a key with the tags before and after it.
///
/// Who expects them passes over all of them at once with [MsgpackReader#tryLiteral]. There are 8 to
/// 16 of them.
///
/// Immutable.
public final class MsgpackLiteral {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BYTES_MIN = Long.BYTES;
    private static final int BYTES_MAX = 2 * Long.BYTES;

    final int length;
    private final long head;
    private final long tail;

    private MsgpackLiteral(byte[] bytes) {
        if (bytes.length < BYTES_MIN || bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "literal: " + bytes.length + " bytes (expected: " + BYTES_MIN + " .. " + BYTES_MAX + ")");
        }
        length = bytes.length;
        head = (long) LONG.get(bytes, 0);
        tail = (long) LONG.get(bytes, length - Long.BYTES);
    }

    /// The bytes of `text`, each character one byte.
    public static MsgpackLiteral of(String text) {
        return new MsgpackLiteral(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// True when they stand at `from`, which is followed by so many bytes at least.
    boolean standsAt(byte[] bytes, int from) {
        return (long) LONG.get(bytes, from) == head && (long) LONG.get(bytes, from + length - Long.BYTES) == tail;
    }
}
