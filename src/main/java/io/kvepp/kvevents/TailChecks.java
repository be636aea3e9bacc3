package io.kvepp.kvevents;

import io.kvepp.kvcache.RouterEvent;
import io.kvepp.metrics.EppMetrics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Asks workers now and then whether the newest event seen of a rank is the newest there is: the
/// event lost last is followed by none that would show the gap.
///
/// A live rank is asked for what follows its newest event, once it has been silent for a while and
/// from then on at long intervals. A cold one is asked for everything, at long intervals: who could
/// not answer before may do so now. What a rank holds stays in the index meanwhile.
///
/// Confined to the lane; answers come in through its queue.
final class TailChecks {
    /// How often is asked.
    ///
    /// - `silence`: how long after its last event a rank is asked
    /// - `period`: how long after an answer it is asked again
    /// - `look`: how often it is seen who is due
    /// - `timeout`: for one answer
    /// - `askedMax`: ranks that are asked at the same time
    record Pace(Duration silence, Duration period, Duration look, Duration timeout, int askedMax) {
        static final Pace DEFAULT = new Pace(
                Duration.ofSeconds(2), Duration.ofSeconds(15), Duration.ofMillis(200), Duration.ofSeconds(10), 16);
    }

    private static final String CAUGHT_UP = "caught_up";

    private final RecoveryClient client;
    private final Pace pace;
    private final LongSupplier nanoClock;
    private final Consumer<Runnable> lane;
    private final EppMetrics metrics;
    private final Outcome outcome;
    private final Map<RankSource, Tail> tails = new HashMap<>();
    private int asked;
    private long lookedNanos;

    /// Called on the lane.
    interface Outcome {
        /// These events follow the newest one seen; the last of all is `lastEventId`.
        void missed(RankSource source, List<RouterEvent> events, long lastEventId);

        /// This is all the rank holds after `lastEventId`.
        void holds(RankSource source, List<RouterEvent> events, long lastEventId);
    }

    /// What is known of the end of one rank's events.
    private static final class Tail {
        private long seenEventId;
        private long dueNanos;
        private @Nullable CompletableFuture<RecoveryReply> answer;
        private int round;
        private long deadlineNanos;

        private Tail(long dueNanos) {
            this.dueNanos = dueNanos;
        }
    }

    TailChecks(
            RecoveryClient client,
            LongSupplier nanoClock,
            Consumer<Runnable> lane,
            EppMetrics metrics,
            Outcome outcome) {
        this.client = client;
        this.nanoClock = nanoClock;
        this.lane = lane;
        this.metrics = metrics;
        this.outcome = outcome;
        pace = Pace.DEFAULT;
        lookedNanos = nanoClock.getAsLong();
    }

    void follow(RankSource source) {
        tails.put(source, new Tail(nanoClock.getAsLong() + pace.silence().toNanos()));
    }

    void forget(RankSource source) {
        @Nullable Tail tail = tails.remove(source);
        if (tail != null && tail.answer != null) {
            asked--;
            tail.answer.cancel(true);
        }
    }

    /// Asks who is due; to be called often.
    void tick() {
        long now = nanoClock.getAsLong();
        if (now - lookedNanos < pace.look().toNanos()) {
            return;
        }
        lookedNanos = now;
        tails.forEach((source, tail) -> look(source, tail, now));
    }

    private void look(RankSource source, Tail tail, long now) {
        CompletableFuture<RecoveryReply> answer = tail.answer;
        if (answer != null && now - tail.deadlineNanos >= 0) {
            // First of all: ending the question must not count it down a second time.
            tail.answer = null;
            asked--;
            tail.dueNanos = now + pace.period().toNanos();
            answer.cancel(true);
        }
        if (source.lastEventId() != tail.seenEventId) {
            tail.seenEventId = source.lastEventId();
            tail.dueNanos = now + pauseOf(source).toNanos();
        }
        boolean due = tail.answer == null && now - tail.dueNanos >= 0 && asked < pace.askedMax();
        if (due && client.canRecover(source.publisher())) {
            switch (source.state()) {
                case RankState.Live _ -> ask(source, tail, OptionalLong.of(tail.seenEventId + 1), now);
                case RankState.Cold _ -> ask(source, tail, OptionalLong.empty(), now);
                case Recovering _ -> tail.dueNanos = now + pace.period().toNanos();
            }
        }
    }

    private Duration pauseOf(RankSource source) {
        return source.state() instanceof RankState.Live ? pace.silence() : pace.period();
    }

    private void ask(RankSource source, Tail tail, OptionalLong startEventId, long now) {
        CompletableFuture<RecoveryReply> answer;
        try {
            answer = client.recover(source.publisher(), startEventId, pace.timeout());
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        asked++;
        tail.answer = answer;
        tail.deadlineNanos = now + pace.timeout().toNanos();
        tail.dueNanos = now + pace.period().toNanos();
        int round = ++tail.round;
        var _ = answer.whenComplete((reply, _) -> lane.accept(() -> onAnswer(source, round, reply)));
    }

    private void onAnswer(RankSource source, int round, @Nullable RecoveryReply reply) {
        @Nullable Tail tail = tails.get(source);
        if (tail == null || tail.answer == null || tail.round != round) {
            return;
        }
        tail.answer = null;
        asked--;
        // Events that came meanwhile tell for themselves whether some are missing.
        if (reply != null && source.lastEventId() == tail.seenEventId && !(source.state() instanceof Recovering)) {
            settle(source, tail.seenEventId, reply);
        }
        tail.dueNanos = nanoClock.getAsLong()
                + (source.lastEventId() == tail.seenEventId ? pace.period() : pauseOf(source)).toNanos();
    }

    private void settle(RankSource source, long seen, RecoveryReply reply) {
        switch (reply) {
            case RecoveryReply.Events(var events, var last) -> {
                if (source.state() instanceof RankState.Live
                        && follow(seen, events, last)
                        && areAbout(source, events)) {
                    metrics.kvRecovery(CAUGHT_UP);
                    outcome.missed(source, events, last);
                }
            }
            case RecoveryReply.TreeDump(var events, var last) -> {
                boolean knowsAllSeen = Long.compareUnsigned(last, seen) >= 0;
                if (knowsAllSeen && areAbout(source, events)) {
                    metrics.kvRecovery(CAUGHT_UP);
                    outcome.holds(source, events, last);
                }
            }
            case RecoveryReply.TooNew _, RecoveryReply.Refused _ -> {}
        }
    }

    /// Something happened, and the events are in order after the newest one seen.
    private static boolean follow(long seen, List<RouterEvent> events, long lastEventId) {
        long last = seen;
        for (RouterEvent event : events) {
            if (Long.compareUnsigned(event.eventId(), last) <= 0) {
                return false;
            }
            last = event.eventId();
        }
        return Long.compareUnsigned(lastEventId, seen) > 0 && Long.compareUnsigned(lastEventId, last) >= 0;
    }

    private static boolean areAbout(RankSource source, List<RouterEvent> events) {
        return events.stream().allMatch(event -> event.worker().equals(source.worker()));
    }
}
