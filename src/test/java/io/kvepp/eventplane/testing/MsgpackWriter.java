package io.kvepp.eventplane.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Writes what tests need of MessagePack: maps, lists, strings, numbers, bytes and nil.
///
/// A `Long` is written as an unsigned 64-bit number, an `Integer` as a signed 32-bit one.
public final class MsgpackWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    private MsgpackWriter() {}

    public static byte[] write(Object value) {
        MsgpackWriter writer = new MsgpackWriter();
        try {
            writer.value(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return writer.bytes.toByteArray();
    }

    /// Stands for nil.
    public enum Nil {
        NIL
    }

    private void value(Object value) throws IOException {
        switch (value) {
            case Nil _ -> out.writeByte(0xc0);
            case Integer number -> {
                out.writeByte(0xd2);
                out.writeInt(number);
            }
            case Long number -> {
                out.writeByte(0xcf);
                out.writeLong(number);
            }
            case BigInteger number -> {
                out.writeByte(0xcf);
                out.writeLong(number.longValue());
            }
            case String text -> {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                out.writeByte(0xd9);
                out.writeByte(utf8.length);
                out.write(utf8);
            }
            case byte[] binary -> {
                out.writeByte(0xc6);
                out.writeInt(binary.length);
                out.write(binary);
            }
            case List<?> list -> {
                out.writeByte(0xdc);
                out.writeShort(list.size());
                for (Object element : list) {
                    value(element);
                }
            }
            case Map<?, ?> map -> {
                out.writeByte(0xde);
                out.writeShort(map.size());
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    value(entry.getKey());
                    value(entry.getValue());
                }
            }
            default -> throw new IllegalArgumentException("type: " + value.getClass());
        }
    }
}
