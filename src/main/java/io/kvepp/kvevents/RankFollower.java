package io.kvepp.kvevents;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what the events of each rank say into the index, and has a rank recovered whose events
/// were missed.
///
/// - A rank whose events were lost is dropped from the index at once: cold is safe, wrong is not.
/// - While it recovers nothing of it is in the index and its live events are kept. Then comes what
///   its worker told, then what was kept, in one go.
/// - What a worker told holds more than the number of its last event says, so live events shortly
///   after it may tell of things that are known.
/// - A rank that is silent is asked now and then whether its newest event was seen.
/// - A `cleared` event, and a publisher that counts from 1 again, make the rest known: they end a
///   recovery.
///
/// Confined to the lane, and in its turn.
final class RankFollower {
    private static final Logger LOG = LoggerFactory.getLogger(RankFollower.class);
    private static final String APPLIED = "applied";
    private static final String STALE = "stale";
    private static final String GAP = "gap";
    private static final String IGNORED = "ignored";
    private static final String OVERFLOW = "overflow";

    /// A dump holds what happened while it was made, which is more than its last event id says. How
    /// long after it live events may tell of that again.
    private static final Duration REPEATS = Duration.ofSeconds(2);

    /// Events for which a reader of the index may have to wait at a time.
    private static final int TOGETHER_MAX = 16;

    private final KvIndexer indexer;
    private final RecoveryClient client;
    private final EppMetrics metrics;
    private final LongSupplier nanoClock;
    private final Recoveries recoveries;
    private final TailChecks tails;

    private int applied;
    private int stale;
    private int ignored;
    private int overflowed;

    /// @param lane runs a task on the lane, later or at once
    RankFollower(
            KvIndexer indexer,
            RecoveryClient client,
            EppMetrics metrics,
            LongSupplier nanoClock,
            Consumer<Runnable> lane) {
        this.indexer = indexer;
        this.client = client;
        this.metrics = metrics;
        this.nanoClock = nanoClock;
        recoveries = new Recoveries(client, RecoveryLimits.DEFAULT, nanoClock, lane, metrics, new Recoveries.Outcome() {
            @Override
            public void recovered(RankSource source, Recovering recovering, Recovering.Base base) {
                continueFrom(source, recovering, base);
            }

            @Override
            public void givenUp(RankSource source, Recovering recovering) {
                continueCold(source, recovering);
            }
        });
        tails = new TailChecks(client, nanoClock, lane, metrics, new TailChecks.Outcome() {
            @Override
            public void missed(RankSource source, List<RouterEvent> events, long lastEventId) {
                var _ = catchUp(source, events, lastEventId);
            }

            @Override
            public void holds(RankSource source, List<RouterEvent> events, long lastEventId) {
                indexer.removeRank(source.worker());
                var _ = catchUp(source, events, lastEventId);
            }
        });
    }

    /// The rank is new here: its worker may hold something already.
    void add(RankSource source) {
        tails.follow(source);
        recoverOrStartCold(source, new EventCursor());
    }

    /// The publisher is the same, but may be reached elsewhere, or be asked now.
    void move(RankSource source, KvEventPublisher next) {
        boolean couldRecover = client.canRecover(source.publisher());
        source.movesTo(next);
        if (!couldRecover && client.canRecover(next) && source.state() instanceof RankState.Cold(var cursor)) {
            indexer.removeRank(source.worker());
            recoverOrStartCold(source, cursor);
        }
    }

    /// The rank, or its publisher, is gone.
    void remove(RankSource source) {
        tails.forget(source);
        recoveries.cancel(source);
        indexer.removeRank(source.worker());
    }

    /// Events were lost, and nobody knows which.
    void lose(RankSource source) {
        if (source.state() instanceof Recovering recovering) {
            recovering.loseEvents();
            recovering.seen().reset();
        } else {
            startOver(source, new EventCursor());
        }
    }

    void accept(RankSource source, List<DecodedEvent> events) {
        for (int done = 0; done < events.size(); done += TOGETHER_MAX) {
            List<DecodedEvent> some = events.subList(done, Math.min(events.size(), done + TOGETHER_MAX));
            indexer.together(applicable(some), () -> some.forEach(event -> accept(source, event)));
        }
        countEvents();
    }

    private static List<RouterEvent> applicable(List<DecodedEvent> events) {
        List<RouterEvent> applicable = new ArrayList<>(events.size());
        for (DecodedEvent event : events) {
            if (event instanceof DecodedEvent.Applicable(var routerEvent)) {
                applicable.add(routerEvent);
            }
        }
        return applicable;
    }

    private void accept(RankSource source, DecodedEvent event) {
        switch (source.state()) {
            case Recovering recovering -> keep(source, recovering, event);
            case RankState.Live(var cursor) -> follow(source, cursor, event);
            case RankState.Cold(var cursor) -> follow(source, cursor, event);
        }
    }

    /// Goes on with recoveries and questions; to be called often.
    void tick() {
        recoveries.tick();
        tails.tick();
    }

    private void follow(RankSource source, EventCursor cursor, DecodedEvent event) {
        EventCursor.Step step = cursor.advance(event.eventId());
        if (step instanceof EventCursor.Step.Gap(var missed)) {
            metrics.kvEvents(GAP, 1);
            LOG.debug("KV events were missed: source={} events={}", source.worker(), Long.toUnsignedString(missed));
        }
        switch (step) {
            case EventCursor.Step.Stale() -> stale++;
            case EventCursor.Step.Contiguous() -> {
                becomeLiveIf(isCleared(event), source, cursor);
                apply(source, event);
            }
            case EventCursor.Step.Initial(var missed) -> {
                becomeLiveIf(missed == 0 || isCleared(event), source, cursor);
                apply(source, event);
            }
            case EventCursor.Step.Restarted() -> {
                source.startedCold();
                beginAt(source, cursor, event);
            }
            case EventCursor.Step.Gap _ -> {
                if (isCleared(event)) {
                    beginAt(source, cursor, event);
                    return;
                }
                startOver(source, cursor);
                if (source.state() instanceof Recovering recovering) {
                    keepFor(recovering, source, event);
                } else {
                    apply(source, event);
                }
            }
        }
    }

    private void keep(RankSource source, Recovering recovering, DecodedEvent event) {
        switch (recovering.seen().advance(event.eventId())) {
            case EventCursor.Step.Stale() -> stale++;
            case EventCursor.Step.Restarted() -> beginAt(source, recovering.seen(), event);
            case EventCursor.Step.Initial _, EventCursor.Step.Contiguous _, EventCursor.Step.Gap _ -> {
                if (isCleared(event)) {
                    beginAt(source, recovering.seen(), event);
                } else {
                    keepFor(recovering, source, event);
                }
            }
        }
    }

    private void keepFor(Recovering recovering, RankSource source, DecodedEvent event) {
        source.saw(event.eventId());
        if (!recovering.add(event)) {
            overflowed++;
        }
    }

    /// From this event on everything is known, whatever was before.
    private void beginAt(RankSource source, EventCursor cursor, DecodedEvent event) {
        recoveries.cancel(source);
        source.repeatsNothing();
        indexer.removeRank(source.worker());
        source.become(new RankState.Live(cursor));
        apply(source, event);
    }

    private void startOver(RankSource source, EventCursor cursor) {
        source.startedCold();
        indexer.removeRank(source.worker());
        recoverOrStartCold(source, cursor);
    }

    private void recoverOrStartCold(RankSource source, EventCursor cursor) {
        if (client.canRecover(source.publisher())) {
            recoveries.begin(source, cursor);
        } else {
            source.become(new RankState.Cold(cursor));
        }
    }

    /// The index has everything up to this event.
    private EventCursor catchUp(RankSource source, List<RouterEvent> events, long lastEventId) {
        events.forEach(event -> {
            indexer.repeat(event);
            source.applied();
        });
        source.repeatsUntil(nanoClock.getAsLong() + REPEATS.toNanos());
        EventCursor cursor = new EventCursor();
        cursor.moveTo(lastEventId);
        source.saw(lastEventId);
        source.become(new RankState.Live(cursor));
        return cursor;
    }

    private void continueFrom(RankSource source, Recovering recovering, Recovering.Base base) {
        indexer.removeRank(source.worker());
        EventCursor cursor = catchUp(source, base.events(), base.lastEventId());
        for (DecodedEvent event : recovering.buffered()) {
            cursor.moveTo(event.eventId());
            apply(source, event);
        }
        countEvents();
    }

    private void continueCold(RankSource source, Recovering recovering) {
        List<DecodedEvent> kept = recovering.bufferedAfterHoles();
        boolean whole = !kept.isEmpty() && kept.getFirst().eventId() == EventCursor.FIRST_EVENT_ID;
        kept.forEach(event -> apply(source, event));
        source.become(whole ? new RankState.Live(recovering.seen()) : new RankState.Cold(recovering.seen()));
        countEvents();
    }

    private static void becomeLiveIf(boolean whole, RankSource source, EventCursor cursor) {
        if (whole) {
            source.become(new RankState.Live(cursor));
        }
    }

    private void apply(RankSource source, DecodedEvent event) {
        source.saw(event.eventId());
        switch (event) {
            case DecodedEvent.Applicable(var routerEvent) -> {
                if (source.mayRepeat(nanoClock)) {
                    indexer.repeat(routerEvent);
                } else {
                    indexer.apply(routerEvent);
                }
                source.applied();
                applied++;
            }
            case DecodedEvent.Ignored _ -> ignored++;
        }
    }

    private static boolean isCleared(DecodedEvent event) {
        return event instanceof DecodedEvent.Applicable(var routerEvent)
                && routerEvent.event() instanceof KvCacheEvent.Cleared;
    }

    private void countEvents() {
        count(APPLIED, applied);
        count(STALE, stale);
        count(IGNORED, ignored);
        count(OVERFLOW, overflowed);
        applied = 0;
        stale = 0;
        ignored = 0;
        overflowed = 0;
    }

    private void count(String outcome, int events) {
        if (events > 0) {
            metrics.kvEvents(outcome, events);
        }
    }
}
