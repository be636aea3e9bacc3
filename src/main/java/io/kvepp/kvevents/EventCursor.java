package io.kvepp.kvevents;

import org.jspecify.annotations.Nullable;

/// Follows the event ids of one publisher, which count up by one from 1.
///
/// Source: Dynamo `lib/kv-router`, worker query state.
///
/// Confined.
final class EventCursor {
    static final long FIRST_EVENT_ID = 1;

    private @Nullable Long lastEventId;

    /// What an event id says about the ones before it.
    sealed interface Step {
        /// The first one seen. Above 1, earlier ones were missed.
        record Initial(long missed) implements Step {}

        /// The next one.
        record Contiguous() implements Step {}

        /// Seen before; of no use.
        record Stale() implements Step {}

        /// `missed` events were lost.
        record Gap(long missed) implements Step {}

        /// The publisher counts from 1 again: what it said before no longer holds.
        record Restarted() implements Step {}
    }

    /// Moves to the event, unless it is stale. Ids are unsigned.
    Step advance(long eventId) {
        @Nullable Long last = lastEventId;
        if (last == null) {
            lastEventId = eventId;
            return new Step.Initial(eventId == 0 ? 0 : eventId - FIRST_EVENT_ID);
        }
        if (eventId == FIRST_EVENT_ID && Long.compareUnsigned(last, FIRST_EVENT_ID) > 0) {
            lastEventId = eventId;
            return new Step.Restarted();
        }
        if (Long.compareUnsigned(eventId, last) <= 0) {
            return new Step.Stale();
        }
        lastEventId = eventId;
        long missed = eventId - last - 1;
        return missed == 0 ? new Step.Contiguous() : new Step.Gap(missed);
    }

    /// Everything up to this event is known.
    void moveTo(long eventId) {
        lastEventId = eventId;
    }

    /// Forgets everything: the next event is the first one seen.
    void reset() {
        lastEventId = null;
    }
}
