package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A request frame up to its message: the path that routes, and how long the message is.
///
/// On the wire as in [RequestFrame].
///
/// Immutable.
record IncomingFrame(String path, int messageBytes) {
    /// Takes it from `in`; null, with nothing taken, until all of it is there. The headers are passed
    /// over: the message says all that counts.
    static @Nullable IncomingFrame read(ByteBuf in, int messageBytesMax) throws RequestPlaneException {
        int left = in.readableBytes() - 2 * Short.BYTES - Integer.BYTES;
        if (left < 0) {
            return null;
        }
        int start = in.readerIndex();
        int pathLength = in.getUnsignedShort(start);
        if (left < pathLength) {
            return null;
        }
        int headersLength = in.getUnsignedShort(start + Short.BYTES + pathLength);
        if (left - pathLength < headersLength) {
            return null;
        }
        in.skipBytes(Short.BYTES);
        String path = in.readString(pathLength, StandardCharsets.UTF_8);
        in.skipBytes(Short.BYTES + headersLength);
        return new IncomingFrame(path, checked(in.readUnsignedInt(), messageBytesMax));
    }

    private static int checked(long messageBytes, int max) throws RequestPlaneException {
        TwoPart.checkLength("message", messageBytes, max);
        if (messageBytes < TwoPart.LENGTHS_BYTES) {
            throw new RequestPlaneException(
                    Reason.MALFORMED,
                    "message: " + messageBytes + " bytes (expected: at least " + TwoPart.LENGTHS_BYTES + ")");
        }
        return (int) messageBytes;
    }
}
