package io.kvepp.kvevents;

import io.kvepp.kvcache.RouterEvent;
import io.kvepp.metrics.EppMetrics;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks workers for what their ranks hold, again and again with growing pauses, until an answer and
/// the live events kept meanwhile fit together.
///
/// The first question is for the whole tree. When live events are missing between the answer and
/// those kept, the next one is for the range after the answer, which the worker may answer with the
/// tree; whatever fails, the one after that is for the tree again. All questions count as attempts.
///
/// Nothing is asked before [#tick], which is to be called often.
///
/// Confined to the lane; answers come in through its queue.
final class Recoveries {
    private static final Logger LOG = LoggerFactory.getLogger(Recoveries.class);
    private static final String TREE = "tree";
    private static final String RANGE = "range";
    private static final String FAILED = "failed";

    private final RecoveryClient client;
    private final RecoveryLimits limits;
    private final LongSupplier nanoClock;
    private final Consumer<Runnable> lane;
    private final EppMetrics metrics;
    private final Outcome outcome;

    /// In the order they began.
    private final Map<RankSource, Recovering> underWay = new LinkedHashMap<>();

    private int asked;

    /// Called on the lane, once for each recovery that is not cancelled.
    interface Outcome {
        void recovered(RankSource source, Recovering recovering, Recovering.Base base);

        void givenUp(RankSource source, Recovering recovering);
    }

    /// @param lane runs a task on the lane, later or at once
    Recoveries(
            RecoveryClient client,
            RecoveryLimits limits,
            LongSupplier nanoClock,
            Consumer<Runnable> lane,
            EppMetrics metrics,
            Outcome outcome) {
        this.client = client;
        this.limits = limits;
        this.nanoClock = nanoClock;
        this.lane = lane;
        this.metrics = metrics;
        this.outcome = outcome;
    }

    void begin(RankSource source, EventCursor seen) {
        Recovering recovering = new Recovering(seen, nanoClock.getAsLong());
        underWay.put(source, recovering);
        source.become(recovering);
    }

    /// An answer that comes later is ignored.
    void cancel(RankSource source) {
        @Nullable Recovering recovering = underWay.remove(source);
        if (recovering != null && recovering.phase() instanceof Recovering.Phase.Asked(var answer, var _)) {
            asked--;
            answer.cancel(true);
        }
    }

    /// Asks what is due, and gives up waiting for what is overdue.
    void tick() {
        if (underWay.isEmpty()) {
            return;
        }
        long now = nanoClock.getAsLong();
        new LinkedHashMap<>(underWay).forEach((source, recovering) -> {
            switch (recovering.phase()) {
                case Recovering.Phase.Asked(var answer, var deadlineNanos) -> {
                    if (now - deadlineNanos >= 0) {
                        asked--;
                        failed(source, recovering, "no answer in time");
                        answer.cancel(true);
                    }
                }
                case Recovering.Phase.Waiting(var askNanos) -> {
                    if (now - askNanos >= 0 && asked < limits.askedMax()) {
                        ask(source, recovering);
                    }
                }
            }
        });
    }

    private void ask(RankSource source, Recovering recovering) {
        Duration timeout = limits.timeoutAfter(recovering.attempts());
        CompletableFuture<RecoveryReply> answer;
        try {
            answer = client.recover(source.publisher(), recovering.startEventId(), timeout);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        asked++;
        recovering.ask(answer, nanoClock.getAsLong() + timeout.toNanos());
        int attempt = recovering.attempts();
        var _ = answer.whenComplete(
                (reply, failure) -> lane.accept(() -> onAnswer(source, recovering, attempt, reply, failure)));
    }

    private void onAnswer(
            RankSource source,
            Recovering recovering,
            int attempt,
            @Nullable RecoveryReply reply,
            @Nullable Throwable failure) {
        boolean awaited = recovering.equals(underWay.get(source))
                && recovering.phase() instanceof Recovering.Phase.Asked
                && recovering.attempts() == attempt;
        if (!awaited) {
            return;
        }
        asked--;
        if (reply == null) {
            failed(source, recovering, String.valueOf(failure));
        } else {
            settle(source, recovering, reply);
        }
    }

    private void settle(RankSource source, Recovering recovering, RecoveryReply reply) {
        OptionalLong start = recovering.startEventId();
        if (!take(source, recovering, reply)) {
            failed(source, recovering, reply.getClass().getSimpleName());
            return;
        }
        Recovering.@Nullable Base base = recovering.complete();
        if (base != null) {
            underWay.remove(source);
            outcome.recovered(source, recovering, base);
        } else if (recovering.startEventId().equals(start)) {
            failed(source, recovering, "nothing newer, though newer events were seen");
        } else if (recovering.attempts() >= limits.attemptsMax()) {
            giveUp(source, recovering);
        } else {
            ask(source, recovering);
        }
    }

    /// Adds the answer to what is known; false when it is of no use.
    private boolean take(RankSource source, Recovering recovering, RecoveryReply reply) {
        OptionalLong start = recovering.startEventId();
        return switch (reply) {
            case RecoveryReply.TreeDump(var events, var lastEventId) -> {
                boolean taken = areAbout(source, events);
                if (taken) {
                    recovering.replaceBase(events, lastEventId);
                    metrics.kvRecovery(TREE);
                }
                yield taken;
            }
            case RecoveryReply.Events(var events, var lastEventId) -> {
                boolean taken = areAbout(source, events) && recovering.extendBase(events, lastEventId);
                if (taken) {
                    metrics.kvRecovery(RANGE);
                }
                yield taken;
            }
            // Nothing has happened after what is known.
            case RecoveryReply.TooNew(var newestEventId) -> start.isPresent() && newestEventId == start.getAsLong() - 1;
            case RecoveryReply.Refused _ -> false;
        };
    }

    private static boolean areAbout(RankSource source, List<RouterEvent> events) {
        return events.stream().allMatch(event -> event.worker().equals(source.worker()));
    }

    private void failed(RankSource source, Recovering recovering, String why) {
        recovering.dropBase();
        if (recovering.attempts() >= limits.attemptsMax()) {
            giveUp(source, recovering);
            return;
        }
        recovering.waitUntil(nanoClock.getAsLong()
                + limits.backoffAfter(recovering.attempts()).toNanos());
        LOG.debug("a rank's state was not recovered yet: source={} reason={}", source.worker(), why);
    }

    private void giveUp(RankSource source, Recovering recovering) {
        underWay.remove(source);
        metrics.kvRecovery(FAILED);
        LOG.warn(
                "a rank starts cold, its state could not be recovered: workerId={} dpRank={} attempts={}",
                Long.toUnsignedString(source.worker().workerId()),
                source.worker().dpRank(),
                recovering.attempts());
        outcome.givenUp(source, recovering);
    }
}
