package io.kvepp.eventplane;

import io.kvepp.msgpack.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The four frames of a message when publishers are connected to directly: topic, publisher id and
/// sequence (both 64-bit big-endian), and the envelope behind a version byte and its length.
///
/// Source: Dynamo `lib/runtime/src/transports/event_plane/zmq_transport` and `frame`.
///
/// Thread-safe.
public final class EventFrames {
    public static final int COUNT = 4;

    private static final int VERSION = 1;
    private static final int HEADER_BYTES = Byte.BYTES + Integer.BYTES;

    private EventFrames() {}

    /// Decodes the frames of one message of `topic`; frame 0 has been compared already.
    public static EventMessage decode(String topic, List<byte[]> frames) throws MalformedMessageException {
        if (frames.size() != COUNT) {
            throw new MalformedMessageException(frames.size() + " frames (expected: " + COUNT + ")");
        }
        long publisherId = number(frames.get(1), "publisher id");
        long sequence = number(frames.get(2), "sequence");
        Envelope envelope = envelope(frames.get(3));
        if (envelope.publisherId() != publisherId || envelope.sequence() != sequence) {
            throw new MalformedMessageException("envelope (expected: publisher id and sequence of the frames)");
        }
        if (!envelope.topic().equals(topic)) {
            throw new MalformedMessageException("envelope (expected: topic " + topic + ")");
        }
        return new EventMessage(publisherId, sequence, envelope.payload());
    }

    /// The frames of one message.
    ///
    /// @param subscription what subscribers ask for: the topic, or at a broker the subject
    public static List<byte[]> encode(String subscription, Envelope envelope) {
        byte[] wrapped = envelope.encode();
        byte[] framed = ByteBuffer.allocate(HEADER_BYTES + wrapped.length)
                .put((byte) VERSION)
                .putInt(wrapped.length)
                .put(wrapped)
                .array();
        return List.of(
                subscription.getBytes(StandardCharsets.UTF_8),
                bytes(envelope.publisherId()),
                bytes(envelope.sequence()),
                framed);
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static Envelope envelope(byte[] frame) throws MalformedMessageException {
        if (frame.length < HEADER_BYTES || frame[0] != VERSION) {
            throw new MalformedMessageException(
                    "frame of " + frame.length + " bytes (expected: version " + VERSION + ", length, envelope)");
        }
        int declared = ByteBuffer.wrap(frame).getInt(Byte.BYTES);
        if (declared != frame.length - HEADER_BYTES) {
            throw new MalformedMessageException("envelope of " + (frame.length - HEADER_BYTES) + " bytes (expected: "
                    + Integer.toUnsignedString(declared) + ")");
        }
        return Envelope.decode(frame, HEADER_BYTES, frame.length);
    }

    private static long number(byte[] frame, String what) throws MalformedMessageException {
        if (frame.length != Long.BYTES) {
            throw new MalformedMessageException(what + " of " + frame.length + " bytes (expected: 8)");
        }
        return ByteBuffer.wrap(frame).getLong();
    }
}
