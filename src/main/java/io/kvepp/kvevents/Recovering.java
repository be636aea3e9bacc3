package io.kvepp.kvevents;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Nothing of the rank is in the index; its worker is being asked, and live events wait.
///
/// What the worker told ([#base]) waits too until the live events continue it without a hole, so
/// that the index never sees a part of the truth.
///
/// Confined to the lane.
final class Recovering implements RankState {
    static final int BUFFERED_EVENTS_MAX = 1_024;
    static final long BUFFERED_BYTES_MAX = 4L << 20;

    private static final int EVENT_BYTES = 64;

    private final EventCursor seen;
    private final Deque<DecodedEvent> buffer = new ArrayDeque<>();
    private long bufferedBytes;
    private boolean lostEvents;
    private @Nullable Base base;
    private int attempts;
    private Phase phase;

    /// What is done about the worker's state now.
    sealed interface Phase {
        /// Asked; given up at `deadlineNanos`.
        record Asked(CompletableFuture<RecoveryReply> answer, long deadlineNanos) implements Phase {}

        /// Asks from `askNanos` on.
        record Waiting(long askNanos) implements Phase {}
    }

    /// All the rank held after `lastEventId`.
    record Base(List<RouterEvent> events, long lastEventId) {}

    /// @param seen follows the live events as they arrive
    Recovering(EventCursor seen, long nowNanos) {
        this.seen = seen;
        phase = new Phase.Waiting(nowNanos);
    }

    EventCursor seen() {
        return seen;
    }

    Phase phase() {
        return phase;
    }

    int attempts() {
        return attempts;
    }

    void ask(CompletableFuture<RecoveryReply> answer, long deadlineNanos) {
        phase = new Phase.Asked(answer, deadlineNanos);
        attempts++;
        lostEvents = false;
    }

    void waitUntil(long askNanos) {
        phase = new Phase.Waiting(askNanos);
    }

    /// Where the next question starts; empty: the whole tree.
    OptionalLong startEventId() {
        @Nullable Base known = base;
        return known == null ? OptionalLong.empty() : OptionalLong.of(known.lastEventId + 1);
    }

    /// Keeps a live event; false when there is no room, and then those before it are lost too.
    boolean add(DecodedEvent event) {
        long bytes = bytesOf(event);
        boolean room = buffer.size() < BUFFERED_EVENTS_MAX && bufferedBytes + bytes <= BUFFERED_BYTES_MAX;
        if (!room) {
            loseEvents();
        }
        buffer.add(event);
        bufferedBytes += bytes;
        return room;
    }

    /// Live events are missing: those kept so far are of no use, and neither is an answer that may
    /// be older than the loss.
    void loseEvents() {
        buffer.clear();
        bufferedBytes = 0;
        lostEvents = true;
    }

    void replaceBase(List<RouterEvent> events, long lastEventId) {
        base = new Base(events, lastEventId);
    }

    /// Continues the base by what happened after it; false when the answer does not fit to it.
    boolean extendBase(List<RouterEvent> events, long lastEventId) {
        @Nullable Base known = base;
        long last = known == null ? EventCursor.FIRST_EVENT_ID - 1 : known.lastEventId;
        // Without a base only the whole history will do.
        if (known == null && !events.isEmpty() && events.getFirst().eventId() != EventCursor.FIRST_EVENT_ID) {
            return false;
        }
        for (RouterEvent event : events) {
            if (Long.compareUnsigned(event.eventId(), last) <= 0) {
                return false;
            }
            last = event.eventId();
        }
        if (Long.compareUnsigned(lastEventId, last) < 0 || (known == null && events.isEmpty() && lastEventId != 0)) {
            return false;
        }
        List<RouterEvent> all = new ArrayList<>(known == null ? List.of() : known.events);
        all.addAll(events);
        base = new Base(all, lastEventId);
        return true;
    }

    void dropBase() {
        base = null;
    }

    /// The base when the live events kept continue it without a hole, else null. Drops live events
    /// that the base contains already.
    @Nullable
    Base complete() {
        @Nullable Base known = base;
        if (known == null || lostEvents) {
            return null;
        }
        long next = known.lastEventId + 1;
        for (Iterator<DecodedEvent> events = buffer.iterator(); events.hasNext(); ) {
            long id = events.next().eventId();
            if (Long.compareUnsigned(id, next) < 0) {
                events.remove();
            } else if (id == next) {
                next++;
            } else {
                return null;
            }
        }
        return known;
    }

    /// The live events kept, in order.
    List<DecodedEvent> buffered() {
        return List.copyOf(buffer);
    }

    /// Those of them that follow the last hole.
    List<DecodedEvent> bufferedAfterHoles() {
        List<DecodedEvent> tail = new ArrayList<>();
        for (DecodedEvent event : buffer) {
            if (!tail.isEmpty() && event.eventId() != tail.getLast().eventId() + 1) {
                tail.clear();
            }
            tail.add(event);
        }
        return tail;
    }

    private static long bytesOf(DecodedEvent event) {
        return EVENT_BYTES
                + switch (event) {
                    case DecodedEvent.Ignored _ -> 0L;
                    case DecodedEvent.Applicable(var routerEvent) ->
                        switch (routerEvent.event()) {
                            case KvCacheEvent.Stored stored -> 2L * Long.BYTES * stored.blockHashes().length;
                            case KvCacheEvent.Removed removed -> (long) Long.BYTES * removed.blockHashes().length;
                            case KvCacheEvent.Cleared() -> 0L;
                        };
                };
    }
}
