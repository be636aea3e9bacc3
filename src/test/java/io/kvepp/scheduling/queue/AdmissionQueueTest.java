package io.kvepp.scheduling.queue;

import static io.kvepp.scheduling.queue.QueueFixture.policyClass;
import static io.kvepp.scheduling.queue.QueueFixture.profile;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.scheduling.queue.AdmissionQueue.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
    private static final PolicyProfile FCFS = profile(policyClass("c", QueuePolicy.FCFS, 1));
    private static final PolicyProfile WSPT = profile(policyClass("c", QueuePolicy.WSPT, 1));

    @Test
    void whoFindsRoomIsAdmittedAtOnceAndOthersWaitForIt() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("a", 10, 0, 1);
        fixture.ask("b", 10, 0, 1);
        fixture.ask("c", 10, 0, 1);

        assertThat(fixture.answers.get("b")).isInstanceOf(Answer.Admitted.class);
        assertThat(fixture.answers.get("c")).isInstanceOf(Answer.Waits.class);
        assertThat(fixture.queue.waiting()).isEqualTo(1);
        assertThat(fixture.queue.waiting("c")).isEqualTo(1);

        fixture.end("a");
        assertThat(fixture.log).containsExactly("+a", "+b", "+c", "told c");
        assertThat(fixture.queue.waiting()).isZero();
    }

    @Test
    void firstComeFirstServedUnlessAPriorityJumpSaysOtherwise() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("first", 10, 0);
        fixture.nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        fixture.ask("two seconds early", null, 0, 2, 10, 0, 0);
        fixture.ask("four seconds early", null, 0, 4, 10, 0, 0);
        fixture.ask("a negative jump is none", null, 0, -9, 10, 0, 0);

        assertThat(drained(fixture, "running"))
                .containsExactly("four seconds early", "first", "two seconds early", "a negative jump is none");
    }

    @Test
    void theShortestUncachedPromptGoesFirstWeightedByItsPriority() {
        QueueFixture fixture = new QueueFixture(WSPT);
        fixture.ask("running", 10, 0);
        fixture.ask("long", 1000, 0);
        fixture.ask("long but cached", null, 0, 0, 1000, 900, 0);
        fixture.ask("medium", 200, 0);
        fixture.ask("long and urgent", null, 0, 19, 1000, 0, 0);
        fixture.ask("wholly cached", null, 0, 0, 1000, 1000, 0);

        assertThat(drained(fixture, "running"))
                .containsExactly("wholly cached", "long and urgent", "long but cached", "medium", "long");
    }

    @Test
    void strictPriorityGoesBeforeEveryScore() {
        for (PolicyProfile profile : List.of(FCFS, WSPT)) {
            QueueFixture fixture = new QueueFixture(profile);
            fixture.ask("running", 10, 0);
            fixture.ask("short", null, 0, 1000, 1, 0, 0);
            fixture.ask("strict", null, 1, 0, 100_000, 0, 0);
            fixture.ask("stricter", null, 0xFFFF_FFFFL, 0, 100_000, 0, 0);

            assertThat(drained(fixture, "running")).containsExactly("stricter", "strict", "short");
        }
    }

    @Test
    void whoseStrictPriorityIsNegativeIsAdmittedAtOnceOrShed() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("sheddable", null, -1, 0, 10, 0, 0);
        assertThat(fixture.answers.get("sheddable")).isInstanceOf(AdmissionQueue.Answer.Admitted.class);

        fixture.ask("another", null, -1, 0, 10, 0, 0);
        assertThat(fixture.refusals.get("another").reason()).isEqualTo(Refusal.Reason.SHED);
        assertThat(fixture.queue.waiting()).isZero();
    }

    @Test
    void aRequestForABusyWorkerHoldsUpNobodyWhoMayGoElsewhere() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("on 0", 10, 0);
        fixture.ask("on 1", 10, 1);
        fixture.ask("only 0", 10, 0);
        fixture.ask("only 1", 10, 1);
        fixture.ask("either", 10, 0, 1);

        fixture.end("on 1");
        assertThat(fixture.admitted()).endsWith("only 1");
        fixture.end("only 1");
        assertThat(fixture.admitted()).endsWith("either");
        assertThat(fixture.queue.waiting("c")).as("only 0 still waits").isEqualTo(1);

        fixture.ask("only 1 again", 10, 1);
        fixture.ask("on 2", 10, 2);
        assertThat(fixture.answers.get("on 2")).isInstanceOf(Answer.Admitted.class);
    }

    @Test
    void roomThatNobodyAnnouncedGoesToWhoHasWaitedAndNotToTheNext() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("waiting", 10, 0);
        fixture.running.remove("running").release();

        fixture.ask("late", 10, 0);

        assertThat(fixture.admitted()).containsExactly("running", "waiting");
        assertThat(fixture.answers.get("late")).isInstanceOf(Answer.Waits.class);
    }

    @Test
    void whoLeavesIsOutAtOnce() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("gone", 10, 0);
        fixture.ask("next", 10, 0);
        fixture.leave("gone");
        assertThat(fixture.queue.waiting()).isEqualTo(1);

        fixture.end("running");
        fixture.leave("gone");
        fixture.leave("next");
        assertThat(fixture.admitted()).containsExactly("running", "next");
        assertThat(fixture.queue.waiting()).isZero();
    }

    @Test
    void nobodyWaitsLongerThanTheTimeout() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("first", 10, 0);
        fixture.nanos.addAndGet(QueueFixture.TIMEOUT.toNanos() - 1);
        fixture.ask("second", 10, 0);
        fixture.queue.tick();
        assertThat(fixture.queue.waiting()).isEqualTo(2);

        fixture.nanos.addAndGet(1);
        fixture.queue.tick();
        assertThat(fixture.log).endsWith("-first TIMEOUT");
        assertThat(fixture.queue.waiting()).isEqualTo(1);
        assertThat(fixture.refusals.get("first").details()).isEqualTo(Map.of("waited_ms", 30_000L));
    }

    @Test
    void aTickFindsRoomThatNobodyAnnounced() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("waiting", 10, 0);
        fixture.running.remove("running").release();
        fixture.queue.tick();

        assertThat(fixture.admitted()).containsExactly("running", "waiting");
    }

    @Test
    void theRequestThatCrossesALimitWaitsAndTheNextIsRefused() {
        record Limited(
                String what,
                @Nullable Long requests,
                @Nullable Long prompt,
                @Nullable Long cached) {}
        for (Limited limited : List.of(
                new Limited("waiting_requests", 2L, null, null),
                new Limited("waiting_prompt_tokens", null, 30L, null),
                new Limited("waiting_cached_tokens", null, null, 15L))) {
            QueueFixture fixture = new QueueFixture(profile(new PolicyClass(
                    "c", QueuePolicy.FCFS, 1, 0L, null, limited.requests, limited.prompt, limited.cached)));
            fixture.ask("running", null, 0, 0, 20, 10, 0);
            fixture.ask("one", null, 0, 0, 20, 10, 0);
            fixture.ask("crosses", null, 0, 0, 20, 10, 0);
            fixture.ask("refused", null, 0, 0, 20, 10, 0);

            assertThat(fixture.answers.get("crosses")).as(limited.what).isInstanceOf(Answer.Waits.class);
            assertThat(fixture.answers.get("refused")).as(limited.what).isInstanceOf(Answer.Refused.class);
            assertThat(fixture.refusals.get("refused").reason()).isEqualTo(Refusal.Reason.FULL);
            assertThat(fixture.refusals.get("refused").details()).containsKeys(limited.what, "limit");
            assertThat(fixture.queue.waiting()).isEqualTo(2);
        }
    }

    @Test
    void limitsCountForEachWorker() {
        QueueFixture fixture =
                new QueueFixture(profile(new PolicyClass("c", QueuePolicy.FCFS, 1, 0L, null, 1L, null, null)));
        for (String name : List.of("runs", "runs too", "waits", "waits too", "refused")) {
            fixture.ask(name, 10, 0, 1);
        }

        assertThat(fixture.queue.waiting()).isEqualTo(2);
        assertThat(fixture.refusals).containsOnlyKeys("refused");
        assertThat(fixture.refusals.get("refused").details()).isEqualTo(Map.of("waiting_requests", 2L, "limit", 2L));
    }

    @Test
    void aFullClassMakesRoomForHigherStrictPriorityByItsLast() {
        QueueFixture fixture =
                new QueueFixture(profile(new PolicyClass("c", QueuePolicy.FCFS, 1, 0L, null, 2L, null, null)));
        fixture.ask("running", 10, 0);
        fixture.ask("first", 10, 0);
        fixture.ask("last", 10, 0);
        fixture.ask("equal", 10, 0);
        fixture.ask("strict", null, 1, 0, 10, 0, 0);

        assertThat(fixture.log).endsWith("-last SHED");
        assertThat(fixture.refusals.get("equal").reason()).isEqualTo(Refusal.Reason.FULL);
        assertThat(drained(fixture, "running")).containsExactly("strict", "first");
    }

    @Test
    void aClassOfLimitZeroNeverWaits() {
        QueueFixture fixture =
                new QueueFixture(profile(new PolicyClass("c", QueuePolicy.FCFS, 1, 0L, null, 0L, null, null)));
        fixture.ask("running", 10, 0);
        fixture.ask("shed", null, 9, 0, 10, 0, 0);

        assertThat(fixture.answers.get("shed")).isInstanceOf(Answer.Refused.class);
    }

    @Test
    void whenToTryAgainIsMeasured() {
        QueueFixture fixture =
                new QueueFixture(profile(new PolicyClass("c", QueuePolicy.FCFS, 1, 0L, null, 1L, null, null)));
        fixture.ask("running", 10, 0);
        fixture.ask("waits", 1000, 0);
        fixture.ask("before anything was measured", 10, 0);
        assertThat(fixture.refusals.get("before anything was measured").retryAfterSeconds())
                .isEqualTo(1);

        for (int second = 0; second < 10; second++) {
            fixture.drain.add(50);
            fixture.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        fixture.nanos.addAndGet(-1);
        fixture.ask("later", 10, 0);
        assertThat(fixture.refusals.get("later").retryAfterSeconds()).isEqualTo(20);
    }

    @Test
    void whenWorkersChangeEverybodyMayAskAgain() {
        QueueFixture fixture = new QueueFixture(FCFS);
        fixture.ask("running", 10, 0);
        fixture.ask("a", 10, 0);
        fixture.ask("b", 10, 0);
        fixture.queue.displaceAll();

        assertThat(fixture.log).endsWith("!a", "!b");
        assertThat(fixture.queue.waiting()).isZero();
    }

    @Test
    void aRequestOfAClassThatNeverWaitsPassesThoseThatDo() {
        QueueFixture fixture = new QueueFixture(profile(
                policyClass("patient", QueuePolicy.FCFS, 1),
                new PolicyClass("hasty", QueuePolicy.FCFS, 1, null, null, null, null, null)));
        fixture.ask("running", 10, 0);
        fixture.ask("waits", 10, 0);
        fixture.ask("passes", "hasty", 0, 0, 10, 0, 0);

        assertThat(fixture.answers.get("passes")).isInstanceOf(Answer.Admitted.class);
    }

    /// Random arrivals, ends and departures: who did not leave is admitted, and only once.
    @Test
    void whateverHappensNobodyIsLost() {
        Random random = new Random(7);
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("a", QueuePolicy.FCFS, 100), policyClass("b", QueuePolicy.WSPT, 300)));
        Set<String> asked = new HashSet<>();
        Set<String> left = new HashSet<>();
        int[][] lanes = {{0}, {1}, {0, 1}, {1, 2}};
        for (int step = 0; step < 20_000; step++) {
            fixture.nanos.addAndGet(random.nextInt(1_000_000));
            String name = "r" + step;
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    if (fixture.queue.waiting() < 200) {
                        asked.add(name);
                        fixture.ask(
                                name,
                                random.nextBoolean() ? "a" : "b",
                                random.nextInt(3),
                                random.nextInt(5),
                                random.nextInt(500),
                                random.nextInt(100),
                                lanes[random.nextInt(lanes.length)]);
                    }
                }
                case 2 -> any(fixture.running.keySet(), random).ifPresent(fixture::end);
                default -> {
                    Set<String> waiting = new HashSet<>(asked);
                    waiting.removeAll(fixture.admitted());
                    waiting.removeAll(left);
                    if (random.nextInt(20) == 0) {
                        any(waiting, random).ifPresent(gone -> {
                            fixture.leave(gone);
                            left.add(gone);
                        });
                    }
                }
            }
            assertThat(fixture.running.size()).as("ranks with a request").isLessThanOrEqualTo(3);
        }
        while (!fixture.running.isEmpty()) {
            fixture.end(fixture.running.keySet().iterator().next());
        }

        assertThat(fixture.queue.waiting()).isZero();
        List<String> admitted = fixture.admitted();
        assertThat(admitted).doesNotHaveDuplicates().doesNotContainAnyElementsOf(left);
        assertThat(admitted).hasSize(asked.size() - left.size());
    }

    private static Optional<String> any(Set<String> names, Random random) {
        List<String> sorted = new ArrayList<>(names);
        sorted.sort(null);
        return sorted.isEmpty() ? Optional.empty() : Optional.of(sorted.get(random.nextInt(sorted.size())));
    }

    /// Ends the running request and each one that follows; returns those that followed.
    private static List<String> drained(QueueFixture fixture, String running) {
        fixture.end(running);
        while (!fixture.running.isEmpty()) {
            fixture.end(fixture.running.keySet().iterator().next());
        }
        List<String> admitted = fixture.admitted();
        return admitted.subList(admitted.indexOf(running) + 1, admitted.size());
    }
}
