package io.kvepp.kvevents;

import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.concurrent.atomic.AtomicLong;

/// What the lane knows of the publisher of one rank.
///
/// Single-writer: the lane. The counters are read by anyone.
final class RankSource {
    private final KvEventPublisher publisher;
    private final EventCursor cursor = new EventCursor();
    private final AtomicLong lastEventId = new AtomicLong();
    private final AtomicLong eventsApplied = new AtomicLong();
    private final AtomicLong coldStarts = new AtomicLong();

    RankSource(KvEventPublisher publisher) {
        this.publisher = publisher;
    }

    /// True when the other speaks for the same rank under the same id, wherever it can be reached.
    boolean continuesAs(KvEventPublisher other) {
        return publisher.publisherId() == other.publisherId() && worker().equals(other.worker());
    }

    long publisherId() {
        return publisher.publisherId();
    }

    WorkerWithDpRank worker() {
        return publisher.worker();
    }

    EventCursor.Step advance(long eventId) {
        EventCursor.Step step = cursor.advance(eventId);
        if (!(step instanceof EventCursor.Step.Stale)) {
            lastEventId.set(eventId);
        }
        return step;
    }

    void applied() {
        eventsApplied.incrementAndGet();
    }

    void startedCold() {
        coldStarts.incrementAndGet();
    }

    void forgetPosition() {
        cursor.reset();
    }

    RankStatus status(KvEventPublisher advertised, boolean connected) {
        return new RankStatus(advertised, connected, lastEventId.get(), eventsApplied.get(), coldStarts.get());
    }
}
