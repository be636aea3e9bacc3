package io.kvepp.kvevents.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Live messages that came while the engine repeats earlier ones, in order. Bounded: when one has no
/// room, it and all before it are dropped, which shows as a hole later.
///
/// Confined.
final class WaitingMessages {
    private static final int MESSAGES_MAX = 1_024;
    private static final long BYTES_MAX = 16L << 20;

    private final Deque<Message> messages = new ArrayDeque<>();
    private long bytes;

    record Message(long sequence, byte[] payload) {}

    /// False when there was no room.
    boolean add(long sequence, byte[] payload) {
        boolean room = messages.size() < MESSAGES_MAX && bytes + payload.length <= BYTES_MAX;
        if (room) {
            messages.add(new Message(sequence, payload));
            bytes += payload.length;
        } else {
            clear();
        }
        return room;
    }

    @Nullable
    Message first() {
        return messages.peek();
    }

    void removeFirst() {
        bytes -= messages.remove().payload.length;
    }

    void clear() {
        messages.clear();
        bytes = 0;
    }
}
