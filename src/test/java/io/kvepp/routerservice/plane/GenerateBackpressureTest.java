package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.testing.Capacities;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// A full queue before the prefill workers.
class GenerateBackpressureTest extends RouterFixture {
    private static final PoolKey PREFILL_POOL = new PoolKey.OfModel(SelectionFleet.MODEL, PoolKey.PREFILL_GROUP);

    GenerateBackpressureTest() {
        super(new SelectionFleet(
                QueueConfig.from(new Options(Map.of("router-queue-threshold", List.of("1")), Map.of()))));
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
