package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvevents.KvEventSources;
import io.kvepp.kvevents.KvEventsConfig;
import io.kvepp.kvevents.RankStatus;
import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.engine.EngineEventSources;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole way from an engine's sockets to the index.
class EngineEventsOverZmqTest {
    private static final ZmqConfig CONFIG =
            new ZmqConfig(1_000, 10_000, Duration.ofMillis(20), Duration.ofMillis(100), ZmqBrokers.NONE);
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private final EppMetrics metrics = new EppMetrics();
    private final KvEventSources writer = new KvEventSources(
            new KvEventsConfig(1_000, 1 << 20, 1),
            new FakeSubscriber(),
            index,
            RecoveryClient.NONE,
            metrics,
            System::nanoTime);
    private final EngineEventSources sources =
            new EngineEventSources(new ZmqEngineSubscriber(CONFIG, System::nanoTime), index, writer, metrics);

    @BeforeEach
    void start() {
        assertThat(slots.assign(RANK)).isNotEqualTo(WorkerSlots.NONE);
        writer.start();
        sources.start();
    }

    @AfterEach
    void close() {
        sources.close();
        writer.close();
        metrics.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasSaidBeforeOrMissedLaterIsRepeated(boolean topicInReplay) {
        try (TestEngine engine = new TestEngine(topicInReplay)) {
            engine.publish(block(0, 0), true);
            engine.publish(block(0, 1), true);
            sources.update(List.of(eventsOf(engine)));
            Await.until("the engine is followed", sources::allConnected);
            Await.until("what was said before is there", () -> held(0) == 2);

            engine.publish(block(0, 2), true);
            engine.publish(block(0, 3), false);
            Await.until("what was missed is there", () -> held(0) == 4);
            Await.until(
                    "the rank is live",
                    () -> sources.status().stream()
                            .map(RankStatus::state)
                            .toList()
                            .equals(List.of("live")));

            sources.update(List.of());
            Await.until("the rank is dropped", () -> held(0) == 0);
            Await.until("the rank is gone", () -> sources.status().isEmpty());
        }
    }

    /// A thread that asked without rest would make ten rounds in a millisecond.
    @Test
    void withoutEnginesItRests() {
        AtomicInteger rounds = new AtomicInteger();
        ZmqEngineSubscriber subscriber = new ZmqEngineSubscriber(CONFIG, () -> {
            rounds.incrementAndGet();
            return System.nanoTime();
        });
        EngineEventSources idle = new EngineEventSources(subscriber, index, writer, metrics);
        long start = System.nanoTime();
        idle.start();
        try {
            Await.until("ten rounds", () -> rounds.get() >= 10);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(100));
        } finally {
            idle.close();
        }
    }

    @Test
    void anEngineThatRestartsIsFollowedFromItsStart() {
        try (TestEngine first = new TestEngine(true)) {
            first.publish(block(0, 0), true);
            first.publish(block(0, 1), true);
            sources.update(List.of(eventsOf(first)));
            Await.until("the first one is followed", () -> held(0) == 2);
            first.end();

            try (TestEngine second = new TestEngine(true, first)) {
                IntStream.range(0, 5).forEach(i -> second.publish(block(1, i), true));
                Await.until("the second one is followed", () -> held(1) == 5);
                assertThat(held(0)).isZero();
            }
        }
    }

    @Test
    void damageIsCountedAndTheEngineIsFollowedOn() {
        try (TestEngine engine = new TestEngine(true)) {
            sources.update(List.of(eventsOf(engine)));
            Await.until("the engine is followed", sources::allConnected);
            Await.until("damage is counted", () -> {
                engine.send(new byte[3], new byte[1]);
                engine.send(new byte[] {-1, 0, 0, 0, 0, 0, 0, 0}, new byte[1]);
                engine.send(new byte[8]);
                return malformed() >= 3;
            });

            engine.publish(block(0, 0), false);
            Await.until("the engine is followed on", () -> held(0) == 1);
        }
    }

    private double malformed() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("kv_epp_kv_events_total{outcome=\"malformed\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private int held(int engine) {
        return index.findMatches(new BlockHasher(4, null, null, false).hash(ids(engine, 0, 8)))
                .device(slots.slotOf(RANK));
    }

    private static EngineEvents eventsOf(TestEngine engine) {
        return new EngineEvents(
                RANK,
                EngineKind.VLLM,
                engine.address().eventAddress(),
                engine.address().replayAddress(),
                4);
    }

    private static byte[] block(int engine, int number) {
        List<Integer> ids =
                IntStream.of(ids(engine, number, number + 1)).boxed().toList();
        long hash = 1_000L * engine + number;
        return MsgpackWriter.write(List.of(
                0,
                List.of(List.of("BlockStored", List.of(hash), number == 0 ? Nil.NIL : (Object) (hash - 1), ids, 4))));
    }

    private static int[] ids(int engine, int fromBlock, int toBlock) {
        return IntStream.range(4 * fromBlock, 4 * toBlock)
                .map(i -> 1_000 * engine + i)
                .toArray();
    }
}
