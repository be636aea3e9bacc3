package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.kvevents.KvEventSources;
import io.kvepp.kvevents.KvEventsConfig;
import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.testing.RecordingIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The whole way from a PUB socket to the index.
class KvEventsOverZmqTest {
    private static final ZmqConfig CONFIG =
            new ZmqConfig(1_000, 10_000, Duration.ofMillis(20), Duration.ofMillis(100), ZmqBrokers.NONE);
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(-5, 1);

    private final RecordingIndexer index = new RecordingIndexer();

    @Test
    void eventsReachTheIndexAcrossDamageRestartAndRemoval() {
        try (EppMetrics metrics = new EppMetrics();
                KvEventSources sources = new KvEventSources(
                        new KvEventsConfig(1_000, 1 << 20, 1),
                        new ZmqEventSubscriber(CONFIG, TestPublisher.TOPIC, System::nanoTime),
                        index,
                        RecoveryClient.NONE,
                        metrics,
                        System::nanoTime)) {
            sources.start();
            TestPublisher first = TestPublisher.at(70, "tcp://127.0.0.1");
            advertise(sources, first, 70);
            untilApplied(first, 1);
            first.sendFrames(List.of(TestPublisher.TOPIC.getBytes(StandardCharsets.UTF_8), new byte[2]));
            Await.until(
                    "the damage is counted",
                    () -> metrics.scrape().contains("kv_epp_kv_events_total{outcome=\"malformed\"} 1.0"));
            first.close();
            Await.until("the loss is seen", () -> !sources.allConnected());

            try (TestPublisher second = TestPublisher.replacing(first, 80)) {
                advertise(sources, second, 80);
                untilApplied(second, 2);
                sources.update(List.of());
                Await.until("the rank is dropped", () -> index.calls().getLast().startsWith("remove"));
                assertThat(sources.status()).isEmpty();
            }
            assertThat(index.calls().stream().filter(call -> call.equals("remove " + RANK)))
                    .hasSize(2);
            assertThat(index.writers()).isEqualTo(1);
        }
    }

    private static void advertise(KvEventSources sources, TestPublisher publisher, long publisherId) {
        sources.update(List.of(
                new KvEventPublisher(publisherId, RANK, publisher.address().endpoint())));
        Await.until("connected", sources::allConnected);
    }

    /// Sends one event until it arrives: the subscription travels behind the handshake. Repetitions
    /// are stale.
    private void untilApplied(TestPublisher publisher, long hash) {
        int before = index.events().size();
        Await.until("the event is applied", () -> {
            publisher.send(WireMessages.stored(RANK.workerId(), RANK.dpRank(), 1, hash));
            return index.events().size() > before;
        });
        assertThat(index.events()).hasSize(before + 1);
    }
}
