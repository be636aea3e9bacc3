package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A two-part message: `u64 header length | u64 body length | u64 checksum | header | body`, big
/// endian. The checksum is optional in the protocol: written as 0 and not read.
///
/// Memory is taken as bytes arrive, not as lengths announce them.
///
/// Immutable; the arrays belong to whoever reads the message.
record TwoPart(byte[] header, byte[] body) {
    static final int LENGTHS_BYTES = 24;
    static final int HEADER_BYTES_MAX = 128 << 10;

    private static final byte[] NONE = {};

    static TwoPart headerOnly(byte[] header) {
        return new TwoPart(header, NONE);
    }

    static TwoPart read(DataInputStream in, long bytesMax) throws IOException, RequestPlaneException {
        long headerLength = in.readLong();
        long bodyLength = in.readLong();
        in.readLong();
        checkLengths(headerLength, bodyLength, bytesMax);
        return new TwoPart(exactly(in, (int) headerLength), exactly(in, (int) bodyLength));
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

    static byte[] exactly(DataInputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
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
