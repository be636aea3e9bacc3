package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.scheduling.queue.PolicyClass;
import io.kvepp.scheduling.queue.PolicyProfile;
import io.kvepp.scheduling.queue.PolicyProfiles;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.scheduling.queue.QueuePolicy;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Requests that wait for a worker: a rank that computes any prompt is too busy for another.
class QueueTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration REFRESH_AFTER = Duration.ofSeconds(10);
    private static final long WAITING_PER_WORKER_MAX = 3;
    private static final String TEXT = "a question that fills more than one block of tokens, again and again";

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelFiles files;
    private ModelCards cards;
    private final Map<String, PickResult> results = new LinkedHashMap<>();

    @BeforeEach
    void create() throws IOException {
        PolicyClass only = new PolicyClass("only", QueuePolicy.FCFS, 1, 0L, null, WAITING_PER_WORKER_MAX, null, null);
        PolicyProfile profile =
                new PolicyProfile(List.of(only), List.of(0), Map.of("only", List.of(0)), "only", Map.of());
        fixture = RouterFixture.queueing(
                folder, new QueueConfig(new PolicyProfiles(profile, Map.of()), TIMEOUT, REFRESH_AFTER));
        files = WarmUpModel.in(folder);
        cards = ModelCards.aggregated("m").files(files);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aRequestWaitsForTheFirstTokenOfTheOneBeforeItAndHoldsNoThread() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("second");
        assertThat(results).containsOnlyKeys("first");
        assertThat(fixture.inspection().bookings())
                .as("nothing is booked for who waits")
                .isOne();

        fixture.nanos.addAndGet(1);
        firstToken("first");

        assertThat(results).containsOnlyKeys("first", "second");
        assertThat(workers((PickResult.Routed) results.get("second"))).isEqualTo("1");
        assertThat(fixture.inspection().bookings()).isEqualTo(2);
        assertThat(fixture.metrics.scrape()).contains("kv_epp_queue_wait_seconds_count 1");
    }

    @Test
    void aRequestThatEndsWithoutAnAnswerMakesRoomToo() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("second");
        ((PickResult.Routed) results.get("first")).lifecycle().completed();

        assertThat(results).containsKey("second");
    }

    @Test
    void aClientThatLeavesIsDroppedAtOnce() {
        fixture.serve(cards.on(1));
        ask("first");
        PickHandle gone = ask("gone");
        ask("next");
        gone.cancel();
        assertThat(fixture.queues.waiting("only")).isOne();

        firstToken("first");
        assertThat(results).containsOnlyKeys("first", "next");
        assertThat(fixture.inspection().bookings()).isEqualTo(2);
    }

    @Test
    void headersBeatTheBodyFieldByFieldAndGoFirst() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("second");
        ask("by body", body(",\"nvext\":{\"agent_hints\":{\"strict_priority\":5}}"));
        ask(
                "by header",
                body(",\"nvext\":{\"agent_hints\":{\"strict_priority\":5,\"priority\":3}}"),
                "x-dynamo-request-strict-priority",
                " 7 ");

        firstToken("first");
        assertThat(results).containsOnlyKeys("first", "by header");
        firstToken("by header");
        assertThat(results).containsOnlyKeys("first", "by header", "by body");
        firstToken("by body");
        assertThat(results).containsKey("second");
    }

    @Test
    void thePriorityOfAnObjectiveRanksAboveAllOthersAndANegativeOneDoesNotWait() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("strict", body(""), "x-dynamo-request-strict-priority", "4294967295");
        PickHandle _ = fixture.router()
                .pick(fixture.chat("m", "objective").withPriority(1), result -> results.put("objective", result));
        PickHandle _ = fixture.router()
                .pick(fixture.chat("m", "batch").withPriority(-1), result -> results.put("batch", result));

        assertThat(results).containsOnlyKeys("first", "batch");
        assertThat(results.get("batch"))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.SHED));
        firstToken("first");
        assertThat(results).containsOnlyKeys("first", "batch", "objective");
    }

    @Test
    void aFullQueueIsToldWithItsNumbersAndWhenToTryAgain() {
        fixture.serve(cards.on(1));
        ask("first");
        for (int i = 0; i < WAITING_PER_WORKER_MAX; i++) {
            ask("waits " + i);
        }
        ask("refused");

        assertThat(results.get("refused"))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.QUEUE_FULL,
                        "too many requests wait for a worker",
                        null,
                        Map.of("waiting_requests", WAITING_PER_WORKER_MAX, "limit", WAITING_PER_WORKER_MAX),
                        1));
    }

    @Test
    void aFullPrefillPoolIsBackpressureAndNeverASwitchToAggregated() {
        fixture.serve(
                ModelCards.prefill("m").files(files).on(1),
                ModelCards.decode("m").files(files).on(2));
        ask("first");
        for (int i = 0; i < WAITING_PER_WORKER_MAX; i++) {
            ask("waits " + i);
        }
        ask("refused");

        PickResult.Rejected refused = (PickResult.Rejected) results.get("refused");
        assertThat(refused.reason()).isEqualTo(RejectReason.PREFILL_FULL);
        assertThat(refused.retryAfterSeconds()).isPositive();
        firstToken("first");
        assertThat(workers((PickResult.Routed) results.get("waits 0"))).isEqualTo("1+2");
    }

    @Test
    void whenToTryAgainFollowsTheSpeedOfTheWorkers() {
        fixture.serve(cards.on(1));
        ask("first");
        for (int i = 0; i < WAITING_PER_WORKER_MAX; i++) {
            ask("waits " + i);
        }
        int tokens = fixture.tokenIds(fixture.chat("m", TEXT), cards.card()).length;
        fixture.queues.drain("m").add(tokens);
        fixture.nanos.addAndGet(Duration.ofSeconds(10).toNanos() - 1);
        ask("refused");

        assertThat(((PickResult.Rejected) results.get("refused")).retryAfterSeconds())
                .as("three prompts at one in ten seconds")
                .isEqualTo(30);
    }

    @Test
    void whoWaitsTooLongIsRefused() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("late");
        fixture.nanos.addAndGet(TIMEOUT.toNanos());
        fixture.queues.tick();

        PickResult.Rejected late = (PickResult.Rejected) results.get("late");
        assertThat(late.reason()).isEqualTo(RejectReason.QUEUE_TIMEOUT);
        assertThat(late.retryAfterSeconds()).isPositive();
    }

    @Test
    void whoWaitedLongIsLookedUpAgain() {
        for (boolean waitsLong : List.of(false, true)) {
            try (RouterFixture fresh = RouterFixture.queueing(folder, fixture.queues.config())) {
                fresh.serve(cards.on(1), cards.on(2));
                List<PickResult> first = List.of(fresh.pick(fresh.chat("m", "x")), fresh.pick(fresh.chat("m", "y")));
                List<PickResult> waited = new ArrayList<>();
                PickRequest request = fresh.chat("m", TEXT);
                fresh.router().pick(request, waited::add);
                fresh.hold(2, cards.card(), fresh.tokenIds(request, cards.card()), 1);
                fresh.nanos.addAndGet(REFRESH_AFTER.toNanos() + (waitsLong ? 1 : 0));
                ((PickResult.Routed) first.getFirst()).lifecycle().completed();

                int overlap = fresh.inspection().explanation(request.requestId()).orElseThrow().candidates().stream()
                        .mapToInt(candidate -> candidate.overlapBlocks())
                        .sum();
                assertThat(overlap).as("after a long wait: %s", waitsLong).isEqualTo(waitsLong ? 1 : 0);
            }
        }
    }

    @Test
    void aNewWorkerTakesWhoWaits() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("waits");
        fixture.serve(cards.on(1), cards.on(2));

        assertThat(workers((PickResult.Routed) results.get("waits"))).isEqualTo("2");
    }

    @Test
    void theTimeWaitedBeforeTheWorkersChangedCounts() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("waits");
        fixture.nanos.addAndGet(TIMEOUT.toNanos() - 1);
        fixture.serve(cards.on(1), ModelCards.aggregated("other").files(files).on(9));
        assertThat(results).doesNotContainKey("waits");

        fixture.nanos.addAndGet(1);
        fixture.queues.tick();
        assertThat(((PickResult.Rejected) results.get("waits")).reason()).isEqualTo(RejectReason.QUEUE_TIMEOUT);
    }

    @Test
    void whoWaitsIsToldWhenTheLastWorkerLeaves() {
        fixture.serve(cards.on(1));
        ask("first");
        ask("waits");
        fixture.serve();

        assertThat(((PickResult.Rejected) results.get("waits")).reason()).isEqualTo(RejectReason.NO_WORKERS);
    }

    @Test
    void whoWaitsIsToldWhenItsPoolIsDeleted() {
        fixture.serve(cards.on(1));
        List<String> endpoint = List.of("10.1.0.1:8000");
        fixture.router()
                .onPool("ns/pool", new PoolEndpoints(endpoint, Map.of(1L, PoolEndpoints.Pod.entered(endpoint))));
        for (String name : List.of("first", "waits")) {
            fixture.router().pick(fixture.chat("m", TEXT).inPool("ns/pool"), result -> results.put(name, result));
        }
        assertThat(results).containsOnlyKeys("first");
        fixture.router().onPool("ns/pool", PoolEndpoints.NONE);

        assertThat(((PickResult.Rejected) results.get("waits")).reason()).isEqualTo(RejectReason.NO_WORKERS);
    }

    @Test
    void overloadIsToldAtOnceAndNotWaitedFor() {
        fixture.serve(cards.on(1));
        fixture.overload.change("m", new OverloadThresholds(null, 0L, null));
        ask("first");
        ask("second");

        assertThat(((PickResult.Rejected) results.get("second")).reason()).isEqualTo(RejectReason.WORKERS_OVERLOADED);
    }

    private PickHandle ask(String name) {
        return ask(name, body(""));
    }

    private PickHandle ask(String name, String body, String... headers) {
        return fixture.router()
                .pick(fixture.post("/v1/chat/completions", body, headers), result -> results.put(name, result));
    }

    private static String body(String moreFields) {
        return RouterFixture.chatBody("m", TEXT, moreFields);
    }

    private void firstToken(String name) {
        PickResult.Routed routed = (PickResult.Routed) results.get(name);
        routed.lifecycle().responseHeaders(200, "text/event-stream");
        String event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        routed.lifecycle().responseBody(ByteBuffer.wrap(event.getBytes(StandardCharsets.UTF_8)), false);
    }
}
