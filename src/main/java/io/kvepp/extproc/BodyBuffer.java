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
    private static final int BYTES_MAX = Integer.MAX_VALUE - 8; // of an array
    private static final byte[] NOTHING = {};

    private final int bytesExpected;
    private byte[] content = NOTHING;
    private int size;
    private int messages;

    BodyBuffer() {
        this(0);
    }

    /// `bytesExpected`: how long the body is said to be, for which there is room; not positive when
    /// nobody says. Memory is taken with the first byte.
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

    private int capacityFor(int bytes) {
        long grown = Math.max(GROWTH_BYTES_MIN, content.length + (content.length >> 1L));
        return Math.clamp(Math.max(bytes, size == 0 ? bytesExpected : grown), bytes, BYTES_MAX);
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
