package io.kvepp.scheduling.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Admits the requests of one model when a worker has room for them.
///
/// - Who finds room and nobody waiting for the same ranks is admitted at once.
/// - Room is looked for again whenever load falls ([#loadFell]) and once in a while ([#tick]).
/// - The order: classes in turns ([DeficitRoundRobin]); within a class strict priority, then its
///   policy's score, then arrival. A class that is full refuses, or displaces a waiting request of
///   lower strict priority.
/// - Nobody waits longer than the time-out.
///
/// No thread is held while a request waits.
///
/// Thread-safe.
public final class AdmissionQueue {
    /// Requests of one model that may wait, whatever their classes allow.
    static final int REQUESTS_MAX = 65_536;

    private final PolicyProfile profile;
    private final RankGate gate;
    private final DrainRate drain;
    private final long timeoutNanos;
    private final LongSupplier nanoClock;
    private final long startNanos;
    private final List<ClassQueue> classes;
    private final DeficitRoundRobin turns;
    private final LinkedHashSet<WaitingRequest> byArrival = new LinkedHashSet<>();
    private volatile int waiting;
    private long waitingTokens;
    private long nextSequence;

    AdmissionQueue(PolicyProfile profile, RankGate gate, DrainRate drain, Duration timeout, LongSupplier nanoClock) {
        this.profile = profile;
        this.gate = gate;
        this.drain = drain;
        this.nanoClock = nanoClock;
        timeoutNanos = timeout.toNanos();
        startNanos = nanoClock.getAsLong();
        classes = profile.classes().stream().map(ClassQueue::new).toList();
        turns = new DeficitRoundRobin(classes);
    }

    /// What asking came to.
    public sealed interface Answer {
        /// [Waiter#admit] has run; [Waiter#admitted] will not be called.
        record Admitted() implements Answer {}

        /// It waits, or its turn has come meanwhile; `leave` takes it out if it still waits.
        record Waits(Runnable leave) implements Answer {}

        /// It may not even wait; [Waiter#refused] will not be called.
        record Refused(Refusal refusal) implements Answer {}
    }

    public Answer ask(QueuedRequest request) {
        Turn turn = new Turn();
        Answer answer;
        synchronized (this) {
            ClassQueue queue = classes.get(profile.classOf(request.policyClass(), request.uncachedTokens()));
            PolicyClass policy = queue.policy();
            if (queue.isAwaited(request.ranks())) {
                dispatch(turn); // who has waited goes first, if there is room that nobody has noticed
            }
            boolean mayPass =
                    !policy.queues() || (!queue.isAwaited(request.ranks()) && gate.isOpen(request.ranks(), policy));
            if (mayPass) {
                request.waiter().admit(0);
                answer = new Answer.Admitted();
            } else if (request.strictPriority() < 0) {
                answer = new Answer.Refused(refusal(Refusal.Reason.SHED, Map.of()));
            } else {
                @Nullable Refusal refusal = makeRoom(queue, request, turn);
                answer = refusal == null ? enqueue(queue, request) : new Answer.Refused(refusal);
            }
        }
        turn.end();
        return answer;
    }

    /// Some rank may have room now.
    public void loadFell() {
        // Within an admission that fails the queue is at work already.
        if (waiting > 0 && !Thread.holdsLock(this)) {
            Turn turn = new Turn();
            synchronized (this) {
                dispatch(turn);
            }
            turn.end();
        }
    }

    /// Refuses who has waited too long, and looks for room that nobody announced.
    public void tick() {
        if (waiting == 0) {
            return;
        }
        Turn turn = new Turn();
        synchronized (this) {
            long now = nanoClock.getAsLong();
            for (WaitingRequest next : List.copyOf(byArrival)) {
                long waited = next.waitedNanos(now);
                if (waited >= timeoutNanos) {
                    remove(next);
                    long millis = Duration.ofNanos(waited).toMillis();
                    turn.refuse(next, refusal(Refusal.Reason.TIMEOUT, Map.of("waited_ms", millis)));
                }
            }
            dispatch(turn);
        }
        turn.end();
    }

    /// Everybody leaves and may ask again: the workers have changed.
    public void displaceAll() {
        List<WaitingRequest> all;
        synchronized (this) {
            all = List.copyOf(byArrival);
            all.forEach(this::remove);
        }
        all.forEach(each -> each.request().waiter().displaced());
    }

    /// Requests that wait.
    public int waiting() {
        return waiting;
    }

    /// Tokens of their prompts.
    public synchronized long waitingPromptTokens() {
        return byArrival.stream()
                .mapToLong(waits -> waits.request().promptTokens())
                .sum();
    }

    /// The requests of a class that wait, by the class's name; 0 for an unknown one.
    public synchronized int waiting(String policyClass) {
        return classes.stream()
                .filter(queue -> queue.policy().name().equals(policyClass))
                .mapToInt(ClassQueue::size)
                .sum();
    }

    private @Nullable Refusal makeRoom(ClassQueue queue, QueuedRequest request, Turn turn) {
        long workers = request.workers();
        ClassQueue.@Nullable Limit limit = limit(queue, workers);
        while (limit != null) {
            @Nullable WaitingRequest last = queue.lastBelow(request.strictPriority());
            if (last == null) {
                return refusal(Refusal.Reason.FULL, Map.of(limit.what(), limit.current(), "limit", limit.max()));
            }
            remove(last);
            turn.refuse(last, refusal(Refusal.Reason.SHED, Map.of()));
            limit = limit(queue, workers);
        }
        return null;
    }

    private ClassQueue.@Nullable Limit limit(ClassQueue queue, long workers) {
        return byArrival.size() >= REQUESTS_MAX
                ? new ClassQueue.Limit("waiting_requests", byArrival.size(), REQUESTS_MAX)
                : queue.reachedLimit(workers);
    }

    private Answer enqueue(ClassQueue queue, QueuedRequest request) {
        double arrivalSeconds = (request.arrivedNanos() - startNanos)
                / (double) Duration.ofSeconds(1).toNanos();
        double score = queue.policy().policy().score(arrivalSeconds, request.priorityJump(), request.uncachedTokens());
        WaitingRequest waits = new WaitingRequest(request, queue, score, nextSequence++);
        queue.add(waits);
        byArrival.add(waits);
        waitingTokens += request.cost();
        waiting = byArrival.size();
        return new Answer.Waits(() -> leave(waits));
    }

    private synchronized void leave(WaitingRequest waits) {
        remove(waits);
    }

    private void remove(WaitingRequest waits) {
        if (byArrival.remove(waits)) {
            waits.queue().remove(waits);
            waitingTokens -= waits.request().cost();
            waiting = byArrival.size();
        }
    }

    private void dispatch(Turn turn) {
        @Nullable WaitingRequest next = byArrival.isEmpty() ? null : turns.next(gate);
        while (next != null) {
            remove(next);
            next.request().waiter().admit(next.waitedNanos(nanoClock.getAsLong()));
            turn.admitted.add(next);
            next = byArrival.isEmpty() ? null : turns.next(gate);
        }
    }

    private Refusal refusal(Refusal.Reason reason, Map<String, Long> details) {
        return new Refusal(reason, details, drain.retryAfterSeconds(waitingTokens));
    }

    /// What is told to waiters once the queue is let go.
    private static final class Turn {
        private final List<WaitingRequest> admitted = new ArrayList<>();
        private final List<Runnable> refusals = new ArrayList<>();

        void refuse(WaitingRequest waiting, Refusal refusal) {
            refusals.add(() -> waiting.request().waiter().refused(refusal));
        }

        void end() {
            refusals.forEach(Runnable::run);
            admitted.forEach(each -> each.request().waiter().admitted());
        }
    }
}
