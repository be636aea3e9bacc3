package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.RequestPlaneException;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.Bootstrap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// The life of a router's prefill hop: what begins it, and what does not.
class GeneratePrefillLifeTest extends RouterFixture {
    private static final Bootstrap MEETING = new Bootstrap("10.0.0.5", 50_100);

    /// prefill-router 4, disabled: a router in front of workers that compute prompts themselves.
    @Test
    void aDisabledRouterNeverActivatesAndPassesThroughEvenWhenEnforced() throws Exception {
        FakeEngine served = engine(1, FakeEngine::generate);
        FakeEngine other = engine(2, FakeEngine::prefill);
        start(true, List.of(), served.worker(PREFILL_CARD, BACKEND));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);

        serve(served.worker(PREFILL_CARD, BACKEND), other.worker(PREFILL_CARD, PREFILL));
        assertThat(tokensOf(call("generate", request(3)))).containsExactly(1, 2, 3);
        assertThat(served.received.take().map("stop_conditions").whole("max_tokens"))
                .isEqualTo(2);
        assertThat(served.received.take().raw("prefill_result")).isNull();
        assertThat(other.received).isEmpty();
    }

    /// prefill-router 4, not yet activated: the channel of activation is what discovery tells.
    @Test
    void anActivationChannelThatClosesWithoutAnEndpointLeavesTheRouterPassive() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine another = engine(2, FakeEngine::generate);
        start(decode.worker(DECODE_CARD, BACKEND));
        serve(decode.worker(DECODE_CARD, BACKEND), another.worker(DECODE_CARD, BACKEND));
        serve(decode.worker(DECODE_CARD, BACKEND));
        // Nothing more is ever told.
        for (int i = 0; i < 3; i++) {
            assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
            assertThat(decode.received.take().raw("prefill_result")).isNull();
        }
        awaitNothingBooked();
    }

    /// prefill-router 4: cancelled cleanly when dropped.
    @Test
    void aRouterThatIsDroppedBeforeItsActivationDoesNotActivateAnyMore() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(decode.worker(DECODE_CARD, BACKEND));
        String transport = transport("generate");
        drop();
        serve(decode.worker(DECODE_CARD, BACKEND), prefill.worker(PREFILL_CARD, PREFILL));

        assertThatThrownBy(() -> openAt(transport, request(2))).isInstanceOf(RequestPlaneException.class);
        assertThat(prefill.received).isEmpty();
        awaitNothingBooked();
    }

    /// prefill-router 4, activate: where to meet is known before the router serves.
    @Test
    void fromItsActivationOnEveryPrefillKnowsWhereToMeet() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        Worker decoding = decode.worker(DECODE_CARD, BACKEND);
        Worker prefilling = prefill.worker(PREFILL_CARD, PREFILL, MEETING);
        start(decoding);
        AtomicBoolean end = new AtomicBoolean();
        CompletableFuture<Integer> asking = CompletableFuture.supplyAsync(() -> askUntil(end));
        for (int i = 0; i < 50; i++) {
            serve(decoding, prefilling);
            serve(decoding);
        }
        end.set(true);
        assertThat(asking.get()).isPositive();

        serve(decoding, prefilling);
        assertThat(tokensOf(call("generate", request(1)))).containsExactly(1);
        Await.until("a prefill that is under way", () -> !prefill.received.isEmpty());
        assertThat(prefill.received).allSatisfy(request -> {
            assertThat(request.map("bootstrap_info")).isNotNull();
            assertThat(request.map("bootstrap_info").whole("bootstrap_port")).isEqualTo(50_100);
        });
    }

    /// prefill-router 4: no prefill worker is too different to be activated.
    @Test
    void aPrefillWorkerThatCutsPromptsOtherwiseIsChosenByItsOwnBlocks() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(true, List.of(), decode.worker(DECODE_CARD, BACKEND));
        serve(decode.worker(DECODE_CARD, BACKEND), prefill.worker(PREFILL_CARD.blocksOf(32), PREFILL));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        assertThat(prefill.received).hasSize(1);
        assertThat(decode.received.take().raw("prefill_result")).isNotNull();
        awaitNothingBooked();
    }

    /// A request whose prefill worker leaves at that moment may fail; only what the worker got counts.
    private int askUntil(AtomicBoolean end) {
        int asked = 0;
        do {
            try {
                call("generate", request(1));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            asked++;
        } while (!end.get());
        return asked;
    }
}
