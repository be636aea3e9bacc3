package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.ItemStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// One hop: the request goes to a worker that does all of it.
class GenerateTest extends RouterFixture {
    private static final FakeEngine.Script DIES = (_, _) -> {
        throw FakeEngine.death();
    };

    @Test
    void theAnswerIsTheWorkersAndNothingStaysBooked() throws Exception {
        FakeEngine engine = engine(1, FakeEngine::generate);
        start(engine.worker(AGGREGATED_CARD, BACKEND));

        assertThat(tokensOf(call("generate", request(5)))).containsExactly(1, 2, 3, 4, 5);
        Fields sent = engine.received.take();
        assertThat(sent.text("kept")).isEqualTo("as it is");
        assertThat(sent.map("routing").whole("backend_instance_id")).isEqualTo(1);
        assertThat(sent.map("routing").whole("dp_rank")).isZero();
        awaitNothingBooked();
    }

    @Test
    void theWorkerThatHoldsThePromptIsChosen() throws Exception {
        FakeEngine first = engine(1, FakeEngine::generate);
        FakeEngine second = engine(2, FakeEngine::generate);
        start(first.worker(AGGREGATED_CARD, BACKEND), second.worker(AGGREGATED_CARD, BACKEND));
        fleet.hold(2, PROMPT, 2);

        for (int i = 0; i < 5; i++) {
            call("generate", request(1));
        }
        assertThat(first.received).isEmpty();
        assertThat(second.received).hasSize(5);
    }

    @Test
    void withoutAWorkerTheRequestFailsAsUnavailable() throws Exception {
        start();
        assertThat(errorOf(call("generate", request(1))).type()).isEqualTo("Unavailable");
    }

    @Test
    void whatCannotBeReadIsTheCallersFault() throws Exception {
        start();
        OutputItem.WorkerError error = errorOf(call("generate", Fields.none().toBytes()));
        assertThat(error.type()).isEqualTo("InvalidArgument");
        assertThat(error.message()).isEqualTo("request: token_ids (expected: an array of token ids)");
    }

    @Test
    void aWorkerThatIsNotThereIsPassedOver() throws Exception {
        FakeEngine gone = engine(1, FakeEngine::generate);
        FakeEngine there = engine(2, FakeEngine::generate);
        start(gone.worker(AGGREGATED_CARD, BACKEND), there.worker(AGGREGATED_CARD, BACKEND));
        fleet.hold(1, PROMPT, 2);
        gone.stop();

        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        awaitNothingBooked();
    }

    @Test
    void aBrokenStreamGoesOnAtAnotherWorkerWithTheTokensTheCallerHas() throws Exception {
        AtomicInteger broken = new AtomicInteger();
        FakeEngine.Script breaks = (request, answer) -> {
            if (broken.getAndIncrement() > 0) {
                FakeEngine.generate(request, answer);
                return;
            }
            answer.send(FakeEngine.token(71, false));
            answer.send(FakeEngine.token(72, false));
            throw FakeEngine.death();
        };
        FakeEngine first = engine(1, breaks);
        FakeEngine second = engine(2, breaks);
        start(
                false,
                List.of("migration-limit", "1"),
                first.worker(AGGREGATED_CARD, BACKEND),
                second.worker(AGGREGATED_CARD, BACKEND));

        assertThat(tokensOf(call("generate", request(5)))).containsExactly(71, 72, 1, 2, 3);
        List<Fields> sent = new ArrayList<>(first.received);
        sent.addAll(second.received);
        assertThat(sent).extracting(each -> each.tokenIds("token_ids").length).containsExactlyInAnyOrder(40, 42);
        awaitNothingBooked();
    }

    @Test
    void aBrokenStreamFailsWhereTheLimitIsReached() throws Exception {
        FakeEngine first = engine(1, DIES);
        FakeEngine second = engine(2, DIES);
        start(first.worker(AGGREGATED_CARD, BACKEND), second.worker(AGGREGATED_CARD, BACKEND));

        assertThat(errorOf(call("generate", request(5))).type()).isEqualTo("Disconnected");
        assertThat(first.received.size() + second.received.size()).isEqualTo(1);
        awaitNothingBooked();
    }

    @Test
    void aPinnedRequestDoesNotMigrate() throws Exception {
        FakeEngine first = engine(1, DIES);
        FakeEngine second = engine(2, FakeEngine::generate);
        start(
                false,
                List.of("migration-limit", "3"),
                first.worker(AGGREGATED_CARD, BACKEND),
                second.worker(AGGREGATED_CARD, BACKEND));

        byte[] routing = Fields.none().putUnsigned("backend_instance_id", 1).toBytes();
        assertThat(errorOf(call("generate", request(5, "routing", routing))).message())
                .contains("worker 1: Disconnected");
        assertThat(second.received).isEmpty();
    }

    @Test
    void anErrorThatEveryWorkerHasIsPassedOn() throws Exception {
        FakeEngine engine = engine(1, (_, _) -> {
            throw new EndpointException(EndpointException.ErrorType.INVALID_ARGUMENT, "max_tokens: absent");
        });
        start(false, List.of("migration-limit", "3"), engine.worker(AGGREGATED_CARD, BACKEND));
        OutputItem.WorkerError error = errorOf(call("generate", request(5)));
        assertThat(error).isEqualTo(new OutputItem.WorkerError("InvalidArgument", "max_tokens: absent"));
        assertThat(engine.received).hasSize(1);
    }

    @Test
    void aCallerThatLeavesEndsTheRequestAtTheWorker() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        FakeEngine engine = engine(1, (_, answer) -> {
            answer.onStop(stopped::countDown);
            answer.send(FakeEngine.token(1, false));
            answer.open();
            stopped.await();
        });
        start(engine.worker(AGGREGATED_CARD, BACKEND));
        try (ItemStream stream = open("generate", request(100))) {
            assertThat(stream.next()).isNotNull();
        }
        stopped.await();
        awaitNothingBooked();
    }

    @Test
    void aCallerThatStopsGetsWhatTheWorkerStillSends() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        FakeEngine engine = engine(1, (_, answer) -> {
            answer.onStop(stopped::countDown);
            answer.send(FakeEngine.token(1, false));
            answer.open();
            stopped.await();
            answer.send(FakeEngine.token(2, true));
        });
        start(engine.worker(AGGREGATED_CARD, BACKEND));
        try (ItemStream stream = open("generate", request(100))) {
            assertThat(stream.next()).isNotNull();
            stream.stop();
            assertThat(OutputItem.read(stream.next()).tokenIds()).containsExactly(2);
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void aSlowCallerSlowsItsWorkerAndNobodyElse() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        byte[] large = new MsgpackWriter()
                .map(2)
                .string("token_ids")
                .array(1)
                .unsigned(1)
                .string("text")
                .string("x".repeat(100_000))
                .toBytes();
        FakeEngine engine = engine(1, (request, answer) -> {
            if (request.map("stop_conditions").whole("max_tokens") < 1_000) {
                FakeEngine.generate(request, answer);
                return;
            }
            while (!stop.get()) {
                answer.send(large);
                sent.incrementAndGet();
            }
        });
        start(engine.worker(AGGREGATED_CARD, BACKEND));
        try (ItemStream slow = open("generate", request(1_000))) {
            assertThat(slow.next()).isNotNull();
            int[] before = {-1};
            Await.until("a worker that waits", () -> {
                boolean same = before[0] == sent.get();
                before[0] = sent.get();
                LockSupport.parkNanos(200_000_000);
                return same;
            });
            assertThat(tokensOf(call("generate", request(3)))).containsExactly(1, 2, 3);
            assertThat(slow.next()).isNotNull();
        } finally {
            stop.set(true);
        }
        awaitNothingBooked();
    }
}
