package io.kvepp.kvevents;

/// Follows the event ids of one publisher, which count up by one from 1.
///
/// Source: Dynamo `lib/kv-router`, worker query state.
///
/// Confined.
final class EventCursor {
    static final long FIRST_EVENT_ID = 1;

    private static final Step CONTIGUOUS = new Step.Contiguous();
    private static final Step STALE = new Step.Stale();

    private long lastEventId;
    private boolean started;

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
        long last = lastEventId;
        if (!started) {
            moveTo(eventId);
            return new Step.Initial(eventId == 0 ? 0 : eventId - FIRST_EVENT_ID);
        }
        if (eventId == FIRST_EVENT_ID && Long.compareUnsigned(last, FIRST_EVENT_ID) > 0) {
            lastEventId = eventId;
            return new Step.Restarted();
        }
        if (Long.compareUnsigned(eventId, last) <= 0) {
            return STALE;
        }
        lastEventId = eventId;
        long missed = eventId - last - 1;
        return missed == 0 ? CONTIGUOUS : new Step.Gap(missed);
    }

    /// Everything up to this event is known.
    void moveTo(long eventId) {
        lastEventId = eventId;
        started = true;
    }

    /// Forgets everything: the next event is the first one seen.
    void reset() {
        started = false;
    }
}
