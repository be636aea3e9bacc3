package io.kvepp.msgpack;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Writes MessagePack values one after another, each in its shortest form.
///
/// Counts are not checked against what follows: after [#map] come as many pairs of values as it
/// says, after [#array] as many values.
///
/// Source: the MessagePack specification.
///
/// Confined.
public final class MsgpackWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /// Starts a map; key and value of each entry follow.
    public MsgpackWriter map(int entries) {
        return head(entries, 0x80, 16, 0xde - 1);
    }

    /// Starts an array; its elements follow.
    public MsgpackWriter array(int elements) {
        return head(elements, 0x90, 16, 0xdc - 1);
    }

    public MsgpackWriter string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length >= 32 && utf8.length <= 0xff) {
            tagged(0xd9, utf8.length, 1);
        } else {
            head(utf8.length, 0xa0, 32, 0xd9);
        }
        out.writeBytes(utf8);
        return this;
    }

    public MsgpackWriter binary(byte[] bytes) {
        if (bytes.length <= 0xff) {
            tagged(0xc4, bytes.length, 1);
        } else {
            head(bytes.length, 0, 0, 0xc4);
        }
        out.writeBytes(bytes);
        return this;
    }

    /// The 64 bits as a number from 0 to 2^64 - 1.
    public MsgpackWriter unsigned(long bits) {
        if (bits >= 0 && bits <= 0x7f) {
            out.write((int) bits);
            return this;
        }
        int log = bits >>> 8 == 0 ? 0 : bits >>> 16 == 0 ? 1 : bits >>> 32 == 0 ? 2 : 3;
        return tagged(0xcc + log, bits, 1 << log);
    }

    public MsgpackWriter signed(long value) {
        if (value >= 0) {
            return unsigned(value);
        }
        if (value >= -32) {
            out.write((int) value);
            return this;
        }
        int log = value == (byte) value ? 0 : value == (short) value ? 1 : value == (int) value ? 2 : 3;
        return tagged(0xd0 + log, value, 1 << log);
    }

    public MsgpackWriter bool(boolean value) {
        out.write(value ? 0xc3 : 0xc2);
        return this;
    }

    public MsgpackWriter decimal(double value) {
        return tagged(0xcb, Double.doubleToRawLongBits(value), 8);
    }

    /// A value that is written already.
    public MsgpackWriter raw(byte[] value) {
        out.writeBytes(value);
        return this;
    }

    public MsgpackWriter nil() {
        out.write(0xc0);
        return this;
    }

    public byte[] toBytes() {
        return out.toByteArray();
    }

    /// A count below `shortEnd` goes into the tag itself; others follow the 2-byte or 4-byte tag
    /// behind `before`.
    private MsgpackWriter head(int count, int shortTag, int shortEnd, int before) {
        if (count < 0) {
            throw new IllegalArgumentException("count: " + count + " (expected: >= 0)");
        }
        if (count < shortEnd) {
            out.write(shortTag | count);
            return this;
        }
        return count <= 0xffff ? tagged(before + 1, count, 2) : tagged(before + 2, count, 4);
    }

    private MsgpackWriter tagged(int tag, long bits, int width) {
        out.write(tag);
        for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
            out.write((int) (bits >>> shift));
        }
        return this;
    }
}
