package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.queue.QueueConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Prefill workers that take turns.
class GenerateTurnsTest extends RouterFixture {
    GenerateTurnsTest() {
        super(new SelectionFleet(QueueConfig.from(Options.defaults()), Map.of("DYN_ROUTER_MODE", "round-robin")));
    }

    /// prefill-router 5.3: the cursor stays where it is for a worker that the caller chose, and for who
    /// only looks; it moves once for one that the router chooses.
    @Test
    void aPreselectedPrefillWorkerMovesNoTurnAndASelectedOneItsOwnOnce() throws Exception {
        FakeEngine decode = engine(1, FakeEngine::generate);
        FakeEngine first = engine(2, FakeEngine::prefill);
        FakeEngine second = engine(3, FakeEngine::prefill);
        start(
                decode.worker(DECODE_CARD, BACKEND),
                first.worker(PREFILL_CARD, PREFILL),
                second.worker(PREFILL_CARD, PREFILL));
        long begin = whoPrefills(List.of(first, second));
        FakeEngine next = begin == first.id ? second : first;
        byte[] pinned = Fields.none().putUnsigned("prefill_worker_id", next.id).toBytes();
        for (int i = 0; i < 3; i++) {
            call("generate", request(1, "routing", pinned));
            assertThat(next.received.take()).isNotNull();
            call("generate", request(1, "annotations", annotation("query_instance_id:")));
        }
        assertThat(whoPrefills(List.of(first, second))).isEqualTo(next.id);
        assertThat(whoPrefills(List.of(first, second))).isEqualTo(begin);
        awaitNothingBooked();
    }

    /// Of a request that leaves the choice to the router.
    private long whoPrefills(List<FakeEngine> engines) throws Exception {
        assertThat(tokensOf(call("generate", request(1)))).containsExactly(1);
        List<FakeEngine> asked = engines.stream()
                .filter(engine -> engine.received.poll() != null)
                .toList();
        assertThat(asked).hasSize(1);
        return asked.getFirst().id;
    }
}
