package io.kvepp.kvevents;

import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// What the lane knows of the publisher of one rank.
///
/// Single-writer: the lane. [#status] and [#started] are called by anyone.
final class RankSource {
    private final AtomicLong lastEventId = new AtomicLong();
    private final AtomicLong eventsApplied = new AtomicLong();
    private final AtomicLong coldStarts = new AtomicLong();
    private volatile KvEventPublisher publisher;
    private volatile RankState state = new RankState.Cold(new EventCursor());
    private volatile boolean started;

    /// Confined to the lane.
    private boolean repeats;

    private long repeatsUntilNanos;

    RankSource(KvEventPublisher publisher) {
        this.publisher = publisher;
    }

    /// True when the other speaks for the same rank under the same id, wherever it can be reached.
    boolean continuesAs(KvEventPublisher other) {
        return publisher.publisherId() == other.publisherId() && worker().equals(other.worker());
    }

    KvEventPublisher publisher() {
        return publisher;
    }

    /// The publisher can be reached elsewhere now.
    void movesTo(KvEventPublisher other) {
        publisher = other;
    }

    long publisherId() {
        return publisher.publisherId();
    }

    WorkerWithDpRank worker() {
        return publisher.worker();
    }

    RankState state() {
        return state;
    }

    void become(RankState next) {
        state = next;
        started |= !(next instanceof Recovering);
    }

    /// True when the first recovery has ended, or there was none.
    boolean started() {
        return started;
    }

    /// Until then events may come that the index contains already.
    void repeatsUntil(long nanos) {
        repeats = true;
        repeatsUntilNanos = nanos;
    }

    void repeatsNothing() {
        repeats = false;
    }

    /// True when the index may contain an event that comes now.
    boolean mayRepeat(LongSupplier nanoClock) {
        repeats = repeats && nanoClock.getAsLong() - repeatsUntilNanos < 0;
        return repeats;
    }

    /// The newest event seen, unsigned; 0 before the first.
    long lastEventId() {
        return lastEventId.get();
    }

    void saw(long eventId) {
        lastEventId.setRelease(eventId);
    }

    void applied() {
        eventsApplied.setRelease(eventsApplied.getPlain() + 1);
    }

    void startedCold() {
        coldStarts.incrementAndGet();
    }

    RankStatus status(KvEventPublisher advertised, boolean connected) {
        return new RankStatus(
                advertised, connected, state.word(), lastEventId.get(), eventsApplied.get(), coldStarts.get());
    }
}
