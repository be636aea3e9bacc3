package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Arrays;

/// The parts of a request body in the order they came, in one array: what a large body consists of
/// would otherwise be copied again and again by the garbage collector until the last part is there.
///
/// Confined to the stream's serializing executor. Arrays and ropes handed out are never changed
/// afterwards.
final class BodyBuffer {
    private static final int GROWTH_BYTES_MIN = 256;
    private static final int AHEAD_BYTES_MIN = 64 << 10;
    private static final int BYTES_MAX = Integer.MAX_VALUE - 8; // of an array
    private static final byte[] NOTHING = {};

    private final int bytesExpected;
    private byte[] content = NOTHING;
    private int size;
    private int messages;

    BodyBuffer() {
        this(0);
    }

    /// `bytesExpected`: how long the body is said to be; not positive when nobody says.
    BodyBuffer(long bytesExpected) {
        this.bytesExpected = Math.clamp(bytesExpected, 0, BYTES_MAX);
    }

    void append(ByteString part) {
        messages++;
        int end = Math.addExact(size, part.size());
        if (end > content.length) {
            content = Arrays.copyOf(content, capacityFor(end));
        }
        part.copyTo(content, size);
        size = end;
    }

    /// What a body may take that has so many bytes by now: of what is announced but has not come, as
    /// much as came already, or a little. A client that says much and sends nothing holds nothing.
    long room(long bytes) {
        return Math.max(bytes, Math.min(bytesExpected, Math.max(AHEAD_BYTES_MIN, 2 * bytes)));
    }

    private int capacityFor(int bytes) {
        long grown = Math.max(GROWTH_BYTES_MIN, content.length + (content.length >> 1L));
        long room = room(bytes);
        return Math.clamp(room == bytesExpected ? room : Math.max(room, grown), bytes, BYTES_MAX);
    }

    long bytes() {
        return size;
    }

    /// How many parts came, empty ones included.
    int messages() {
        return messages;
    }

    /// All parts.
    byte[] toByteArray() {
        if (size < content.length) {
            content = Arrays.copyOf(content, size);
        }
        return content;
    }

    /// All parts, without a copy of them.
    ByteString joined() {
        return UnsafeByteOperations.unsafeWrap(content, 0, size);
    }
}
