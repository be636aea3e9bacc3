package io.kvepp.load.signals;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.worker.LoadPublisher;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineLoadsTest {
    private static final long PUBLISHER = 9;
    private static final LoadPublisher ADDRESS = new LoadPublisher("kv_metrics", PUBLISHER, "tcp://127.0.0.1:1");

    private final WorkerSlots slots = new WorkerSlots();
    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final EngineLoads loads = new EngineLoads(subscriber, slots);
    private final int slot = slots.assign(new WorkerWithDpRank(-1, 3));

    @BeforeEach
    void start() {
        loads.start();
    }

    @Test
    void nobodyIsListenedToUntilSomebodyWantsToKnow() {
        loads.update(List.of(ADDRESS));
        assertThat(subscriber.subscribed()).isEmpty();

        loads.want();
        assertThat(subscriber.subscribed()).containsExactly(new PublisherAddress(PUBLISHER, "tcp://127.0.0.1:1"));

        loads.update(List.of());
        assertThat(subscriber.subscribed()).isEmpty();
    }

    @Test
    void theNewestReportOfARankCounts() {
        subscriber.send(PUBLISHER, report(-1L, 3, 40L));
        subscriber.send(PUBLISHER, report(-1L, 3, 30L));
        assertThat(loads.usedBlocks(slot)).isEqualTo(30);

        loads.forget(slot);
        assertThat(loads.usedBlocks(slot)).isZero();
    }

    @Test
    void aMessageWithoutTheNumberOrOfAStrangerChangesNothing() {
        subscriber.send(PUBLISHER, report(-1L, 3, 40L));
        subscriber.send(PUBLISHER, report(-1L, 3, MsgpackWriter.Nil.NIL));
        subscriber.send(PUBLISHER, report(77L, 0, 50L));
        subscriber.send(PUBLISHER, new byte[] {1, 2, 3});

        assertThat(loads.usedBlocks(slot)).isEqualTo(40);
    }

    /// As mockers of Dynamo 1.6.1 send it.
    private static byte[] report(long workerId, int rank, Object usedBlocks) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("worker_id", workerId);
        map.put("dp_rank", (long) rank);
        map.put("active_decode_blocks", MsgpackWriter.Nil.NIL);
        map.put("active_prefill_tokens", MsgpackWriter.Nil.NIL);
        map.put("kv_used_blocks", usedBlocks);
        return MsgpackWriter.write(map);
    }
}
