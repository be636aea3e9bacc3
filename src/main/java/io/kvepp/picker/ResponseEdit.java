package io.kvepp.picker;

import java.nio.ByteBuffer;

/// Changes the body of a response while it passes.
///
/// Confined to one request.
@FunctionalInterface
public interface ResponseEdit {
    /// What to send on for the next part: all bytes that are settled by now, possibly none. Parts may
    /// be cut anywhere. `last`: the body ends, and whatever is left is settled.
    ByteBuffer edit(ByteBuffer part, boolean last);
}
