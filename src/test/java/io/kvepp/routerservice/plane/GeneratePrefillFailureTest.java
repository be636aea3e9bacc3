package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.Bootstrap;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Prefill workers that break off in the middle.
class GeneratePrefillFailureTest extends RouterFixture {
    private static final long BREAKING = 2;
    private static final Bootstrap MEETING = new Bootstrap("10.0.0.5", 50_100);
    private static final List<String> ONE_MIGRATION = List.of("migration-limit", "1");

    private static void breakOff(Fields request, EndpointAnswer answer) throws EndpointException, IOException {
        answer.open();
        throw FakeEngine.death();
    }

    /// It waits for a KV cache that does not come.
    private static void waitInVain(EndpointAnswer answer) throws IOException, InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        answer.onStop(ended::countDown);
        answer.open();
        ended.await();
    }

    private FakeEngine decode() throws IOException {
        return engine(1, (request, answer) -> {
            if (request.map("routing").whole("prefill_worker_id") == BREAKING) {
                waitInVain(answer);
            } else {
                FakeEngine.generate(request, answer);
            }
        });
    }

    private Worker prefill(FakeEngine engine, boolean meets) {
        @Nullable Bootstrap meeting = meets ? MEETING : null;
        return engine.worker(PREFILL_CARD, PREFILL, meeting);
    }

    @ParameterizedTest(name = "bootstrap: {0}")
    @ValueSource(booleans = {false, true})
    void anotherPrefillWorkerServesWhereAMigrationIsAllowed(boolean meets) throws Exception {
        FakeEngine breaking = engine(BREAKING, GeneratePrefillFailureTest::breakOff);
        FakeEngine other = engine(3, FakeEngine::prefill);
        FakeEngine decode = decode();
        start(
                false,
                ONE_MIGRATION,
                prefill(breaking, meets),
                prefill(other, meets),
                decode.worker(DECODE_CARD, BACKEND));
        fleet.hold(BREAKING, PROMPT, 2);

        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        assertThat(breaking.received).hasSize(1);
        Fields last = decode.received.stream().toList().getLast();
        assertThat(last.map("routing").whole("prefill_worker_id")).isEqualTo(other.id);
        awaitNothingBooked();
        assertThat(other.received).hasSize(1);
    }

    @ParameterizedTest(name = "bootstrap: {0}")
    @ValueSource(booleans = {false, true})
    void withoutMigrationsTheRequestFails(boolean meets) throws Exception {
        FakeEngine breaking = engine(BREAKING, GeneratePrefillFailureTest::breakOff);
        FakeEngine other = engine(3, FakeEngine::prefill);
        start(prefill(breaking, meets), prefill(other, meets), decode().worker(DECODE_CARD, BACKEND));
        fleet.hold(BREAKING, PROMPT, 2);

        assertThat(errorOf(call("generate", request(2))))
                .isEqualTo(new OutputItem.WorkerError(
                        "Disconnected", "remote prefill failed: worker 2: Disconnected: the engine is gone"));
        assertThat(other.received).isEmpty();
        awaitNothingBooked();
    }

    @Test
    void aSecondDecodeWorkerWaitsForNoPrefillThatFailedEither() throws Exception {
        AtomicInteger prefills = new AtomicInteger();
        FakeEngine prefill = engine(2, (request, answer) -> {
            if (prefills.getAndIncrement() > 0) {
                throw new EndpointException(EndpointException.ErrorType.UNKNOWN, "out of memory");
            }
            FakeEngine.prefill(request, answer);
        });
        AtomicInteger decodes = new AtomicInteger();
        FakeEngine.Script decoding = (_, answer) -> {
            if (decodes.getAndIncrement() > 0) {
                waitInVain(answer);
            } else {
                answer.send(FakeEngine.token(71, false));
                throw FakeEngine.death();
            }
        };
        start(
                false,
                ONE_MIGRATION,
                prefill(prefill, true),
                engine(3, decoding).worker(DECODE_CARD, BACKEND),
                engine(4, decoding).worker(DECODE_CARD, BACKEND));

        List<OutputItem> items = call("generate", request(5));
        assertThat(items.getFirst().tokenIds()).containsExactly(71);
        assertThat(errorOf(items).message()).isEqualTo("remote prefill failed: worker 2: Unknown: out of memory");
        awaitNothingBooked();
    }
}
