package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/// The parts of a request body in the order they came, without copies.
///
/// Confined to the stream's serializing executor.
final class BodyBuffer {
    private final List<ByteString> parts = new ArrayList<>();
    private long bytes;

    void append(ByteString part) {
        if (!part.isEmpty()) {
            parts.add(part);
            bytes += part.size();
        }
    }

    long bytes() {
        return bytes;
    }

    /// The parts as one rope; shares their bytes.
    ByteString joined() {
        return ByteString.copyFrom(parts);
    }
}
