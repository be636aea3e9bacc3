package io.kvepp.eventplane;

import io.kvepp.msgpack.MsgpackReader;
import java.util.Arrays;

/// The part of a message whose meaning the topic defines: `bytes[from .. to)`, which belong to what a
/// socket gave and are not copied.
///
/// Immutable; the bytes must not be changed.
public record Payload(byte[] bytes, int from, int to) {
    static final Payload NONE = of(new byte[0]);

    public Payload {
        if (from < 0 || from > to || to > bytes.length) {
            throw new IllegalArgumentException(
                    "payload: " + from + " .. " + to + " (expected: within " + bytes.length + " bytes)");
        }
    }

    public static Payload of(byte[] bytes) {
        return new Payload(bytes, 0, bytes.length);
    }

    public int length() {
        return to - from;
    }

    public MsgpackReader reader() {
        return new MsgpackReader(bytes, from, to);
    }

    /// A copy.
    public byte[] toBytes() {
        return Arrays.copyOfRange(bytes, from, to);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Payload that && Arrays.equals(bytes, from, to, that.bytes, that.from, that.to);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toBytes());
    }
}
