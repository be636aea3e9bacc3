package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// A request frame up to its message: the path that routes, and how long the message is.
///
/// On the wire as in [RequestFrame].
///
/// Immutable.
record IncomingFrame(String path, long messageBytes) {
    /// Reads on after the frame's first byte. The headers are passed over: the message says all
    /// that counts.
    static IncomingFrame read(int first, DataInputStream in, long messageBytesMax)
            throws IOException, RequestPlaneException {
        int pathLength = first << 8 | in.readUnsignedByte();
        String path = new String(TwoPart.exactly(in, pathLength), StandardCharsets.UTF_8);
        in.skipNBytes(in.readUnsignedShort());
        long messageBytes = Integer.toUnsignedLong(in.readInt());
        TwoPart.checkLength("message", messageBytes, messageBytesMax);
        if (messageBytes < TwoPart.LENGTHS_BYTES) {
            throw new RequestPlaneException(
                    Reason.MALFORMED,
                    "message: " + messageBytes + " bytes (expected: at least " + TwoPart.LENGTHS_BYTES + ")");
        }
        return new IncomingFrame(path, messageBytes);
    }

    /// Takes a message apart that has been read whole.
    static TwoPart message(byte[] bytes) throws RequestPlaneException {
        try {
            TwoPart parts = TwoPart.read(new DataInputStream(new ByteArrayInputStream(bytes)), bytes.length);
            if (parts.size() == bytes.length) {
                return parts;
            }
        } catch (IOException _) {
            // Its lengths do not fit.
        }
        throw new RequestPlaneException(Reason.MALFORMED, "message (expected: as long as its two lengths say)");
    }
}
