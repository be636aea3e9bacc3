package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/// The parts of a request body in the order they came. Parts of ordinary size are kept without a
/// copy; tiny ones are gathered, so that a body sent byte by byte takes no more room than another.
///
/// Confined to the stream's serializing executor.
final class BodyBuffer {
    private static final int TINY_BYTES = 1024;
    private static final int GATHERED_BYTES = 16 << 10;

    private final List<ByteString> parts = new ArrayList<>();
    private final ByteString.Output tiny = ByteString.newOutput(TINY_BYTES);
    private long bytes;
    private int messages;

    void append(ByteString part) {
        bytes += part.size();
        messages++;
        if (part.size() >= TINY_BYTES) {
            flush();
            parts.add(part);
            return;
        }
        byte[] bytesOfPart = part.toByteArray();
        tiny.write(bytesOfPart, 0, bytesOfPart.length);
        if (tiny.size() >= GATHERED_BYTES) {
            flush();
        }
    }

    long bytes() {
        return bytes;
    }

    /// How many parts came, empty ones included.
    int messages() {
        return messages;
    }

    /// All parts as one rope.
    ByteString joined() {
        flush();
        return ByteString.copyFrom(parts);
    }

    private void flush() {
        if (tiny.size() > 0) {
            parts.add(tiny.toByteString());
            tiny.reset();
        }
    }
}
