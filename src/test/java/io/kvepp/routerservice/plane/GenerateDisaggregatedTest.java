package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.Bootstrap;
import io.kvepp.worker.card.KvTransfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Two hops: a prefill worker computes the prompt, a decode worker answers.
class GenerateDisaggregatedTest extends RouterFixture {
    private static final List<String> BYPASS = List.of("prefill-bypass", "true");
    private static final Bootstrap MEETING = new Bootstrap("10.0.0.5", 50_100);

    private FakeEngine decode() throws Exception {
        return engine(1, FakeEngine::generate);
    }

    private static Worker prefill(FakeEngine engine) {
        return engine.worker(PREFILL_CARD, PREFILL);
    }

    private static Worker decode(FakeEngine engine) {
        return engine.worker(DECODE_CARD, BACKEND);
    }

    @Test
    void prefillGetsOneTokenAndDecodeTheOriginalLimitAndTheResult() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        FakeEngine decode = decode();
        start(prefill(prefill), decode(decode));

        assertThat(tokensOf(call("generate", request(5)))).containsExactly(1, 2, 3, 4, 5);
        Fields first = prefill.received.take();
        assertThat(first.map("stop_conditions").whole("max_tokens")).isEqualTo(1);
        assertThat(first.map("routing").whole("prefill_worker_id")).isEqualTo(2);
        Fields second = decode.received.take();
        assertThat(second.map("stop_conditions").whole("max_tokens")).isEqualTo(5);
        assertThat(second.map("routing").whole("prefill_worker_id")).isEqualTo(2);
        assertThat(second.map("prefill_result").map("disaggregated_params").text("where"))
                .isEqualTo("here");
        awaitNothingBooked();
    }

    @Test
    void notActivatedPassesThroughToDecodeUnlessEnforced() throws Exception {
        FakeEngine decode = decode();
        start(decode(decode));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        assertThat(decode.received.take().raw("prefill_result")).isNull();
    }

    @Test
    void enforcedAndNeverActivatedFailsAndServesOncePrefillHasJoined() throws Exception {
        FakeEngine decode = decode();
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(true, List.of(), decode(decode));
        assertThat(errorOf(call("generate", request(2))).message()).contains("not activated");
        assertThat(decode.received).isEmpty();

        serve(decode(decode), prefill(prefill));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
    }

    @Test
    void deactivatedFailsWhenEnforcedAndReactivatedServesAgain() throws Exception {
        FakeEngine decode = decode();
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(true, List.of(), decode(decode), prefill(prefill));
        call("generate", request(2));
        for (int i = 0; i < 2; i++) {
            serve(decode(decode));
        }
        assertThat(errorOf(call("generate", request(2))).type()).isEqualTo("Unavailable");
        serve(decode(decode), prefill(prefill));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
    }

    @Test
    void deactivatedPassesThroughWhenNotEnforced() throws Exception {
        FakeEngine decode = decode();
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(decode(decode), prefill(prefill));
        serve(decode(decode));
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        assertThat(prefill.received).isEmpty();
    }

    @Test
    void aPreselectedPrefillWorkerIsUsedAsItIs() throws Exception {
        FakeEngine decode = decode();
        FakeEngine holding = engine(2, FakeEngine::prefill);
        FakeEngine chosen = engine(3, FakeEngine::prefill);
        start(decode(decode), prefill(holding), prefill(chosen));
        fleet.hold(2, PROMPT, 2);
        byte[] routing = Fields.none().putUnsigned("prefill_worker_id", 3).toBytes();
        call("generate", request(2, "routing", routing));
        assertThat(holding.received).isEmpty();
        assertThat(chosen.received).hasSize(1);
    }

    /// Where a Direct frontend misses a header, the router, which is not told but chooses, misses nothing.
    @ParameterizedTest
    @ValueSource(strings = {"decode_worker_id", "backend_instance_id"})
    void whoNamesTheDecodeWorkerAloneGetsAPrefillWorkerOfTheRoutersChoice(String name) throws Exception {
        FakeEngine decode = decode();
        FakeEngine other = engine(4, FakeEngine::generate);
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(decode(decode), decode(other), prefill(prefill));
        for (int i = 0; i < 4; i++) {
            byte[] routing = Fields.none().putUnsigned(name, 4).toBytes();
            assertThat(tokensOf(call("generate", request(2, "routing", routing))))
                    .containsExactly(1, 2);
            assertThat(prefill.received.take().map("routing").whole("prefill_worker_id"))
                    .isEqualTo(2);
            Fields told = other.received.take().map("routing");
            assertThat(told.whole("prefill_worker_id")).isEqualTo(2);
            assertThat(told.whole("backend_instance_id")).isEqualTo(4);
        }
        assertThat(decode.received).isEmpty();
        awaitNothingBooked();
    }

    @Test
    void aPrefillWorkerThatIsNotThereIsPassedOverAndDecodeIsToldWhoRan() throws Exception {
        FakeEngine decode = decode();
        FakeEngine dead = engine(2, FakeEngine::prefill);
        FakeEngine living = engine(3, FakeEngine::prefill);
        start(decode(decode), prefill(dead), prefill(living));
        fleet.hold(2, PROMPT, 2);
        dead.stop();
        assertThat(tokensOf(call("generate", request(2)))).containsExactly(1, 2);
        assertThat(living.received).hasSize(1);
        Fields routing = decode.received.take().map("routing");
        assertThat(routing.whole("prefill_worker_id")).isEqualTo(3);
        awaitNothingBooked();
    }

    @Test
    void withBootstrapBothStartAtOnceAndMeetInTheSameRoom() throws Exception {
        CountDownLatch decoding = new CountDownLatch(1);
        FakeEngine prefill = engine(2, (request, answer) -> {
            decoding.await();
            FakeEngine.prefill(request, answer);
        });
        FakeEngine decode = engine(1, (request, answer) -> {
            decoding.countDown();
            FakeEngine.generate(request, answer);
        });
        start(prefill.worker(PREFILL_CARD, PREFILL, MEETING), decode(decode));

        assertThat(tokensOf(call("generate", request(3)))).containsExactly(1, 2, 3);
        Fields there = prefill.received.take().map("bootstrap_info");
        Fields asked = decode.received.take();
        assertThat(asked.map("routing").whole("prefill_worker_id")).isEqualTo(2);
        Fields here = asked.map("bootstrap_info");
        assertThat(here.toBytes()).isEqualTo(there.toBytes());
        assertThat(here.text("bootstrap_host")).isEqualTo("10.0.0.5");
        assertThat(here.whole("bootstrap_port")).isEqualTo(50_100);
        assertThat(here.whole("bootstrap_room")).isEqualTo(Handoff.room(0, 1, RANDOM));
        assertThat(new MsgpackReader(here.raw("handoff_id")).binary()).hasSize(16);
        awaitNothingBooked();
    }

    @Test
    void theBackgroundPrefillIsNotCancelledWhenTheCallerLeaves() throws Exception {
        CountDownLatch callerLeft = new CountDownLatch(1);
        CountDownLatch finished = new CountDownLatch(1);
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicBoolean stoppedMidway = new AtomicBoolean();
        FakeEngine prefill = engine(2, (request, answer) -> {
            answer.onStop(() -> stopped.set(true));
            answer.open();
            callerLeft.await();
            stoppedMidway.set(stopped.get());
            FakeEngine.prefill(request, answer);
            finished.countDown();
        });
        CountDownLatch decodeStopped = new CountDownLatch(1);
        FakeEngine decode = engine(1, (_, answer) -> {
            answer.onStop(decodeStopped::countDown);
            answer.send(FakeEngine.token(1, false));
            answer.open();
            decodeStopped.await();
        });
        start(prefill.worker(PREFILL_CARD, PREFILL, MEETING), decode(decode));
        try (ItemStream stream = open("generate", request(9))) {
            assertThat(stream.next()).isNotNull();
        }
        decodeStopped.await();
        assertThat(stopped).isFalse();
        callerLeft.countDown();
        assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(stoppedMidway).isFalse();
        awaitNothingBooked();
    }

    @Test
    void aBackgroundPrefillThatFailsFailsTheRequestInsteadOfLettingDecodeWait() throws Exception {
        FakeEngine prefill = engine(2, (_, _) -> {
            throw new EndpointException(EndpointException.ErrorType.UNKNOWN, "out of memory");
        });
        FakeEngine decode = engine(1, (_, answer) -> {
            CountDownLatch ended = new CountDownLatch(1);
            answer.onStop(ended::countDown);
            answer.open();
            ended.await();
        });
        start(prefill.worker(PREFILL_CARD, PREFILL, MEETING), decode(decode));
        assertThat(errorOf(call("generate", request(3))).message()).contains("remote prefill failed", "out of memory");
        awaitNothingBooked();
    }

    @Test
    void aPrefillErrorFailsTheRequest() throws Exception {
        FakeEngine prefill = engine(2, (_, _) -> {
            throw new EndpointException(EndpointException.ErrorType.UNKNOWN, "out of memory");
        });
        FakeEngine decode = decode();
        start(prefill(prefill), decode(decode));
        assertThat(errorOf(call("generate", request(3))).message())
                .isEqualTo("remote prefill failed: worker 2: Unknown: out of memory");
        assertThat(decode.received).isEmpty();
        awaitNothingBooked();
    }

    @Test
    void decodeIsRoutedForACallerThatLeftDuringPrefill() throws Exception {
        CountDownLatch prefilling = new CountDownLatch(1);
        CountDownLatch callerLeft = new CountDownLatch(1);
        FakeEngine prefill = engine(2, (request, answer) -> {
            answer.open();
            prefilling.countDown();
            callerLeft.await();
            FakeEngine.prefill(request, answer);
        });
        FakeEngine decode = decode();
        start(prefill(prefill), decode(decode));
        ItemStream stream = open("generate", request(3));
        prefilling.await();
        stream.close();
        callerLeft.countDown();
        assertThat(decode.received.poll(10, TimeUnit.SECONDS)).isNotNull();
        awaitNothingBooked();
    }

    @Test
    void thePrefillWorkersTopologyNarrowsTheDecodeWorkers() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        FakeEngine elsewhere = engine(1, FakeEngine::generate);
        FakeEngine near = engine(3, FakeEngine::generate);
        KvTransfer required = new KvTransfer(Map.of("zone", "a"), "zone", KvTransfer.Enforcement.REQUIRED, null);
        start(
                prefill.worker(PREFILL_CARD.transfer(required), PREFILL),
                decode(elsewhere),
                near.worker(DECODE_CARD.taints("dynamo.topology/zone=a"), BACKEND));
        for (int i = 0; i < 4; i++) {
            call("generate", request(1));
        }
        assertThat(elsewhere.received).isEmpty();
        assertThat(near.received).hasSize(4);
    }

    @Test
    void aPrefillWorkerOfUnknownTopologyComputesNothing() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        FakeEngine decode = decode();
        KvTransfer broken = new KvTransfer(Map.of(), "zone", KvTransfer.Enforcement.REQUIRED, null);
        start(prefill.worker(PREFILL_CARD.transfer(broken), PREFILL), decode(decode));
        assertThat(errorOf(call("generate", request(1))).type()).isEqualTo("Unavailable");
        assertThat(prefill.received).isEmpty();
        assertThat(decode.received).isEmpty();
        awaitNothingBooked();
    }

    @Test
    void theDecodeOverrideKeepsTheTemperatureAndSetsTheThreeFields() {
        SchedulingOverride own = new SchedulingOverride(0.9, null, 0.7, true, true);
        assertThat(Overrides.afterPrefill(own, false)).isEqualTo(new SchedulingOverride(0.0, null, 0.7, false, false));
        assertThat(Overrides.afterPrefill(own, true)).isEqualTo(new SchedulingOverride(0.9, null, 0.7, false, false));
    }

    @Test
    void aQueryIsAnsweredWithTheIdsAndNothingIsSentOrBooked() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        FakeEngine decode = decode();
        start(prefill(prefill), decode(decode));
        byte[] payload = request(3, "annotations", annotation("query_instance_id:"));
        byte[] item;
        try (ItemStream stream = open("generate", payload)) {
            item = stream.next();
        }
        Fields ids = Fields.read(item).map("data").map("routing_data").map("worker_id");
        assertThat(ids.whole("prefill_worker_id")).isEqualTo(2);
        assertThat(ids.whole("decode_worker_id")).isEqualTo(1);
        assertThat(prefill.received).isEmpty();
        assertThat(decode.received).isEmpty();
        awaitNothingBooked();
    }

    @Test
    void aShortRestOfThePromptBypassesPrefillAndSaysSo() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        FakeEngine decode = decode();
        start(false, BYPASS, prefill(prefill), decode(decode));
        fleet.hold(1, PROMPT, 2);
        call("generate", request(1));
        assertThat(prefill.received).isEmpty();
        assertThat(decode.received.take().texts("annotations")).containsExactly("x-bypass-remote-prefill");
    }

    /// Eight of forty tokens are left to compute.
    @ParameterizedTest(name = "{0} tokens, a share of {1}: bypassed {2}")
    @CsvSource({"8, 1, false", "9, 1, true", "2048, 0.2, false", "2048, 0.21, true"})
    void aRestThatReachesEitherThresholdIsPrefilledRemotely(String tokens, String share, boolean bypassed)
            throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        List<String> options = new ArrayList<>(BYPASS);
        options.addAll(List.of("prefill-bypass-tokens", tokens, "prefill-bypass-share", share));
        start(false, options, prefill(prefill), decode(decode()));
        fleet.hold(1, PROMPT, 2);
        assertThat(tokensOf(call("generate", request(1)))).containsExactly(1);
        assertThat(prefill.received).hasSize(bypassed ? 0 : 1);
    }

    @Test
    void aPrefillWorkerThatTheCallerChoseIsNotBypassed() throws Exception {
        FakeEngine prefill = engine(2, FakeEngine::prefill);
        start(false, BYPASS, prefill(prefill), decode(decode()));
        fleet.hold(1, PROMPT, 2);
        byte[] pinned = Fields.none().putUnsigned("prefill_worker_id", 2).toBytes();
        call("generate", request(1, "routing", pinned));
        assertThat(prefill.received).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "1, 2", "7, 8", "3, 5"})
    void aRoomTellsTheRankAndIsNeverNegative(int rank, int size) {
        for (long random : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 123_456_789_012_345L}) {
            long room = Handoff.room(rank, size, random);
            assertThat(room).isNotNegative();
            if (size > 0) {
                assertThat(room % size).isEqualTo(rank);
            }
        }
    }
}
