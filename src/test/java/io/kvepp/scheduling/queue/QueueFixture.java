package io.kvepp.scheduling.queue;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.RankCapacities;
import io.kvepp.load.Reservation;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A queue whose clock and workers are the test's. An admitted request is booked on the first rank
/// it may run on that is not busy, so that one request fills a rank.
final class QueueFixture {
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    final AtomicLong nanos = new AtomicLong();
    final ActiveSequences active = Books.empty();
    final DrainRate drain = new DrainRate(nanos::get);
    final AdmissionQueue queue;

    /// What happened, in order: `+name` admitted, `-name REASON` refused, `!name` displaced.
    final List<String> log = new ArrayList<>();

    final Map<String, Reservation> running = new HashMap<>();
    final Map<String, AdmissionQueue.Answer> answers = new HashMap<>();
    final Map<String, Refusal> refusals = new HashMap<>();

    QueueFixture(PolicyProfile profile) {
        RankGate gate = new RankGate(active, () -> RankCapacities.NONE, ranks -> ranks);
        queue = new AdmissionQueue(profile, gate, drain, TIMEOUT, nanos::get);
    }

    /// A class whose ranks are busy as soon as they have one request.
    static PolicyClass policyClass(String name, QueuePolicy policy, long quantum) {
        return new PolicyClass(name, policy, quantum, 0L, null, null, null, null);
    }

    /// One explicit class for each; the first is also the family of all other requests.
    static PolicyProfile profile(PolicyClass... classes) {
        Map<String, Integer> explicit = new HashMap<>();
        for (int i = 0; i < classes.length; i++) {
            explicit.put(classes[i].name(), i);
        }
        return new PolicyProfile(List.of(classes), List.of(0), Map.of("all", List.of(0)), "all", explicit);
    }

    static List<RankSlot> ranks(int... slots) {
        List<RankSlot> ranks = new ArrayList<>();
        for (int slot : slots) {
            ranks.add(new RankSlot(new WorkerWithDpRank(slot, 0), slot));
        }
        return ranks;
    }

    void ask(String name, int tokens, int... slots) {
        ask(name, null, 0, 0, tokens, 0, slots);
    }

    void ask(
            String name,
            @Nullable String policyClass,
            long strictPriority,
            int priorityJump,
            int promptTokens,
            int cachedTokens,
            int... slots) {
        AdmissionQueue.Answer answer = queue.ask(new QueuedRequest(
                policyClass,
                strictPriority,
                priorityJump,
                promptTokens,
                cachedTokens,
                nanos.get(),
                ranks(slots),
                new Recorder(name, slots)));
        answers.put(name, answer);
        if (answer instanceof AdmissionQueue.Answer.Refused(var refusal)) {
            refusals.put(name, refusal);
        }
    }

    /// The request's prompt is computed, and the queue hears of it.
    void end(String name) {
        running.remove(name).release();
        queue.loadFell();
    }

    /// The client of a waiting request leaves.
    void leave(String name) {
        ((AdmissionQueue.Answer.Waits) answers.get(name)).leave().run();
    }

    private final class Recorder implements Waiter {
        private final String name;
        private final int[] slots;

        Recorder(String name, int... slots) {
            this.name = name;
            this.slots = slots.clone();
        }

        @Override
        public void admit(long waitedNanos) {
            log.add("+" + name);
            for (int slot : slots) {
                if (active.prefillTokens(slot) == 0) {
                    running.put(name, active.book(slot, BookedLoad.prefill(1)));
                    return;
                }
            }
        }

        @Override
        public void admitted() {
            log.add("told " + name);
        }

        @Override
        public void refused(Refusal refusal) {
            log.add("-" + name + " " + refusal.reason());
            refusals.put(name, refusal);
        }

        @Override
        public void displaced() {
            log.add("!" + name);
        }
    }

    /// The names admitted so far, in order.
    List<String> admitted() {
        return log.stream()
                .filter(entry -> entry.startsWith("+"))
                .map(entry -> entry.substring(1))
                .toList();
    }
}
