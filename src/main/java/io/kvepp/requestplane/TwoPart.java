package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/// A two-part message: `u64 header length | u64 body length | u64 checksum | header | body`, big
/// endian. The checksum is optional in the protocol: written as 0 and not read.
///
/// Immutable; the arrays belong to whoever reads the message.
record TwoPart(byte[] header, byte[] body) {
    static final int LENGTHS_BYTES = 24;
    static final int HEADER_BYTES_MAX = 128 << 10;

    private static final byte[] NONE = {};

    static TwoPart headerOnly(byte[] header) {
        return new TwoPart(header, NONE);
    }

    /// Takes a message apart that fills `message`.
    static TwoPart whole(ByteBuf message) throws RequestPlaneException {
        int bytes = message.readableBytes();
        if (bytes < LENGTHS_BYTES) {
            throw misfit();
        }
        long headerLength = message.readLong();
        long bodyLength = message.readLong();
        checkLengths(headerLength, bodyLength, bytes);
        if (LENGTHS_BYTES + headerLength + bodyLength != bytes) {
            throw misfit();
        }
        message.skipBytes(Long.BYTES);
        return take(message, (int) headerLength, (int) bodyLength);
    }

    /// Takes header and body out of `in`.
    static TwoPart take(ByteBuf in, int headerLength, int bodyLength) {
        return new TwoPart(bytes(in, headerLength), bytes(in, bodyLength));
    }

    static void checkLengths(long headerLength, long bodyLength, long max) throws RequestPlaneException {
        checkLength("message header", headerLength, Math.min(max, HEADER_BYTES_MAX));
        checkLength("message", bodyLength, max - headerLength);
    }

    static void checkLength(String what, long length, long max) throws RequestPlaneException {
        if (Long.compareUnsigned(length, max) > 0) {
            throw new RequestPlaneException(
                    Reason.TOO_LARGE,
                    what + ": " + Long.toUnsignedString(length) + " bytes (expected: at most " + max + ")");
        }
    }

    private static RequestPlaneException misfit() {
        return new RequestPlaneException(Reason.MALFORMED, "message (expected: as long as its two lengths say)");
    }

    private static byte[] bytes(ByteBuf in, int length) {
        if (length == 0) {
            return NONE;
        }
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    long size() {
        return LENGTHS_BYTES + (long) header.length + body.length;
    }

    byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size()));
        putTo(bytes);
        return bytes.array();
    }

    void putTo(ByteBuffer target) {
        target.putLong(header.length)
                .putLong(body.length)
                .putLong(0)
                .put(header)
                .put(body);
    }
}
