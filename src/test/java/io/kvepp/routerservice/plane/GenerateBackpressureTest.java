package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.queue.PolicyClass;
import io.kvepp.scheduling.queue.PolicyProfile;
import io.kvepp.scheduling.queue.PolicyProfiles;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.scheduling.queue.QueuePolicy;
import io.kvepp.testing.Capacities;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// A full queue before the prefill workers.
class GenerateBackpressureTest extends RouterFixture {
    private static final PoolKey PREFILL_POOL = new PoolKey.OfModel(SelectionFleet.MODEL, PoolKey.PREFILL_GROUP);

    private static final long WAITING_TOKENS_MAX = PROMPT.length;

    GenerateBackpressureTest() {
        super(new SelectionFleet(new QueueConfig(
                new PolicyProfiles(oneClass(), Map.of()), Duration.ofSeconds(30), Duration.ofSeconds(10))));
    }

    /// Requests wait while a step's tokens are taken, and no more than one prompt may.
    private static PolicyProfile oneClass() {
        PolicyClass only = new PolicyClass("default", QueuePolicy.FCFS, 1, null, 1.0, null, WAITING_TOKENS_MAX, null);
        return new PolicyProfile(List.of(only), List.of(0), Map.of("default", List.of(0)), "default", Map.of());
    }

    private FakeEngine startWithABusyPrefillWorker(FakeEngine decode) throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(
                decode.worker(DECODE_CARD, BACKEND),
                Capacities.sized(prefill.worker(PREFILL_CARD, PREFILL), 1000, PROMPT.length - 1));
        SelectionRequest other = SelectionRequest.of(PREFILL_POOL, SelectionPrompt.Tokens.of(PROMPT));
        assertThat(fleet.book("other", other)).isInstanceOf(Given.class);
        return prefill;
    }

    @Test
    void backpressureFailsAsResourceExhaustedWithItsNumbersAndNothingRuns() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = startWithABusyPrefillWorker(decode);
        CompletableFuture<List<OutputItem>> answer = CompletableFuture.supplyAsync(() -> items(request(2)));
        awaitOneWaiting();

        fleet.nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        fleet.queues.tick();

        OutputItem.WorkerError error = errorOf(answer.get());
        assertThat(error.type()).isEqualTo("ResourceExhausted");
        assertThat(error.message()).contains("no worker had room in time", "waited_ms=31000");
        assertThat(prefill.received).isEmpty();
        assertThat(decode.received).isEmpty();
        assertThat(fleet.service.free("other")).isTrue();
        awaitNothingBooked();
    }

    @Test
    void aFullQueueFailsTheNextRequestAtOnceAndItRunsNowhere() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = startWithABusyPrefillWorker(decode);
        CompletableFuture<List<OutputItem>> first = CompletableFuture.supplyAsync(() -> items(request(2)));
        awaitOneWaiting();

        OutputItem.WorkerError error = errorOf(call("generate", request(3)));
        assertThat(error)
                .isEqualTo(new OutputItem.WorkerError(
                        "ResourceExhausted",
                        "too many requests wait for a worker {limit=40, waiting_prompt_tokens=40}"));
        assertThat(prefill.received).isEmpty();
        assertThat(decode.received).isEmpty();

        fleet.service.free("other");
        assertThat(tokensOf(first.get())).containsExactly(1, 2);
        assertThat(prefill.received).hasSize(1);
        assertThat(decode.received).hasSize(1);
        awaitNothingBooked();
    }

    @Test
    void aWaitingRequestRunsOnceThePrefillWorkerHasRoom() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = startWithABusyPrefillWorker(decode);
        CompletableFuture<List<OutputItem>> answer = CompletableFuture.supplyAsync(() -> items(request(2)));
        awaitOneWaiting();
        assertThat(prefill.received).isEmpty();

        fleet.service.free("other");

        assertThat(tokensOf(answer.get())).containsExactly(1, 2);
        awaitNothingBooked();
    }

    @Test
    void aCallerThatLeavesWhileItsRequestWaitsLeavesNothingBehind() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = startWithABusyPrefillWorker(decode);
        try (ItemStream _ = open("generate", request(2))) {
            awaitOneWaiting();
        }
        Await.until("nobody waits", () -> fleet.service.loads().stream().allMatch(load -> load.waiting() == 0));
        fleet.service.free("other");
        awaitNothingBooked();
        assertThat(prefill.received).isEmpty();
    }

    private void awaitOneWaiting() {
        Await.until("one waits", () -> fleet.service.loads().stream().anyMatch(load -> load.waiting() == 1));
    }

    private List<OutputItem> items(byte[] payload) {
        try {
            return call("generate", payload);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
