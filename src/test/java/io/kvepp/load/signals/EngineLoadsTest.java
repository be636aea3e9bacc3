package io.kvepp.load.signals;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.LoadPublisher;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineLoadsTest {
    private static final long PUBLISHER = 9;
    private static final LoadPublisher STEPS =
            new LoadPublisher("forward-pass-metrics", PUBLISHER, "tcp://127.0.0.1:2");
    private static final LoadPublisher ADDRESS = new LoadPublisher("kv_metrics", PUBLISHER, "tcp://127.0.0.1:1");

    private final WorkerSlots slots = new WorkerSlots();
    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final FakeSubscriber steps = new FakeSubscriber();
    private final AtomicLong nanos = new AtomicLong();
    private final HttpClient http = HttpClient.newHttpClient();
    private final EppMetrics metrics = new EppMetrics();
    private final EngineLoads loads = new EngineLoads(
            new EngineLoads.Sources(subscriber, steps, EnginePagesConfig.from(Options.defaults()), http),
            slots,
            _ -> false,
            metrics,
            nanos::get);
    private final int slot = slots.assign(new WorkerWithDpRank(-1, 3));

    @AfterEach
    void close() {
        loads.close();
        http.shutdownNow();
        metrics.close();
    }

    @Test
    void nobodyIsListenedToUntilSomebodyWantsToKnow() {
        loads.update(workers(ADDRESS, STEPS));
        loads.wantRequests();
        assertThat(subscriber.subscribed()).isEmpty();
        assertThat(steps.subscribed()).containsExactly(new PublisherAddress(PUBLISHER, "tcp://127.0.0.1:2"));

        loads.wantBlocks();
        assertThat(subscriber.subscribed()).containsExactly(new PublisherAddress(PUBLISHER, "tcp://127.0.0.1:1"));

        loads.update(workers());
        assertThat(subscriber.subscribed()).isEmpty();
    }

    @Test
    void theNewestReportOfARankCounts() {
        loads.wantBlocks();
        subscriber.send(PUBLISHER, report(-1L, 3, 40L));
        subscriber.send(PUBLISHER, report(-1L, 3, 30L));
        assertThat(loads.usedBlocks(slot)).isEqualTo(30);

        loads.forget(slot);
        assertThat(loads.usedBlocks(slot)).isZero();
    }

    @Test
    void aMessageWithoutTheNumberOrOfAStrangerChangesNothing() {
        loads.wantBlocks();
        subscriber.send(PUBLISHER, report(-1L, 3, 40L));
        subscriber.send(PUBLISHER, report(-1L, 3, MsgpackWriter.Nil.NIL));
        subscriber.send(PUBLISHER, report(77L, 0, 50L));
        subscriber.send(PUBLISHER, new byte[] {1, 2, 3});

        assertThat(loads.usedBlocks(slot)).isEqualTo(40);
    }

    @Test
    void requestsOfAForwardPassCountForAWhile() {
        loads.wantRequests();
        steps.send(PUBLISHER, step("18446744073709551615", 3, 2L, 5L));
        assertThat(loads.waitingRequests(slot)).isEqualTo(5);
        assertThat(metrics.scrape())
                .contains("kv_epp_engine_requests{state=\"waiting\"} 5.0")
                .contains("kv_epp_engine_requests{state=\"running\"} 2.0");

        nanos.addAndGet(Duration.ofSeconds(11).toNanos());
        assertThat(loads.waitingRequests(slot)).isZero();
        steps.send(PUBLISHER, step("18446744073709551615", 3, 0L, 1L));
        assertThat(loads.waitingRequests(slot)).isEqualTo(1);
        loads.forget(slot);
        assertThat(loads.waitingRequests(slot)).isZero();
    }

    private static WorkerSet workers(LoadPublisher... publishers) {
        return new WorkerSet(List.of(), List.of(), List.of(publishers));
    }

    private static byte[] step(String workerId, int rank, long running, long waiting) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("version", 1L);
        map.put("worker_id", workerId);
        map.put("dp_rank", (long) rank);
        map.put("scheduled_requests", Map.of("num_prefill_requests", 0L, "num_decode_requests", running));
        map.put("queued_requests", Map.of("num_prefill_requests", waiting - 1, "num_decode_requests", 1L));
        return MsgpackWriter.write(map);
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
