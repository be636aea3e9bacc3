package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.kvcache.HeardIndexer;
import io.kvepp.kvevents.testing.RecordingIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvEventLanesTest {
    private static final int LANES = 4;
    private static final int EVENTS = 30;
    private static final List<KvEventPublisher> PUBLISHERS = IntStream.range(0, 40)
            .mapToObj(i -> new KvEventPublisher(
                    700 + i, new WorkerWithDpRank(1_000_003L * (i / 2), i % 2), "tcp://10.0.0.5:" + (1 + i)))
            .toList();

    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final RecordingIndexer index = new RecordingIndexer();
    private final EppMetrics metrics = new EppMetrics();
    private final Map<WorkerWithDpRank, Set<Thread>> threads = new ConcurrentHashMap<>();
    private final AtomicInteger writing = new AtomicInteger();
    private final AtomicInteger writingAtOnce = new AtomicInteger();
    private final KvEventSources sources = new KvEventSources(
            new KvEventsConfig(100_000, 1 << 24, LANES),
            subscriber,
            new HeardIndexer(index, event -> {
                writingAtOnce.accumulateAndGet(writing.incrementAndGet(), Math::max);
                threads.computeIfAbsent(event.worker(), _ -> ConcurrentHashMap.newKeySet())
                        .add(Thread.currentThread());
                Thread.onSpinWait();
                writing.decrementAndGet();
            }),
            RecoveryClient.NONE,
            metrics,
            System::nanoTime);

    @BeforeEach
    void start() {
        sources.start();
        sources.update(PUBLISHERS);
    }

    @AfterEach
    void close() {
        sources.close();
        metrics.close();
    }

    @Test
    void everyRankHasOneLaneThatAppliesItsEventsInOrderAndNoTwoLanesWriteAtOnce() {
        for (int eventId = 1; eventId <= EVENTS; eventId++) {
            for (KvEventPublisher publisher : PUBLISHERS) {
                send(publisher, eventId);
            }
        }
        awaitAll();

        for (KvEventPublisher publisher : PUBLISHERS) {
            assertThat(index.events().stream()
                            .filter(event -> event.worker().equals(publisher.worker()))
                            .map(event -> event.eventId()))
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, EVENTS).boxed().toList());
        }
        assertThat(threads.values()).allMatch(writers -> writers.size() == 1);
        assertThat(index.writers()).isEqualTo(LANES);
        assertThat(writingAtOnce).hasValue(1);
        assertThat(sources.status())
                .allMatch(status -> status.state().equals("live") && status.lastEventId() == EVENTS);
    }

    @Test
    void aTaskAfterAllRunsAfterWhatWasHandedInToAnyLane() {
        PUBLISHERS.forEach(publisher -> send(publisher, 1));
        sources.afterAll(() -> PUBLISHERS.forEach(publisher -> index.removeRank(publisher.worker())));
        awaitAll();

        int count = PUBLISHERS.size();
        assertThat(index.calls()).hasSize(2 * count);
        assertThat(index.calls().subList(0, count)).allMatch(call -> call.startsWith("apply"));
        assertThat(index.calls().subList(count, 2 * count)).allMatch(call -> call.startsWith("remove"));
    }

    @Test
    void aRankWhosePublisherIsReplacedStaysOnItsLane() {
        PUBLISHERS.forEach(publisher -> send(publisher, 1));
        List<KvEventPublisher> next = PUBLISHERS.stream()
                .map(old -> new KvEventPublisher(old.publisherId() + 10_000, old.worker(), old.endpoint()))
                .toList();
        sources.update(next);
        next.forEach(publisher -> send(publisher, 1));
        awaitAll();

        for (KvEventPublisher publisher : next) {
            String rank = publisher.worker().toString();
            assertThat(index.calls().stream()
                            .filter(call -> call.contains(" " + rank + " ") || call.endsWith(" " + rank)))
                    .containsExactly("apply " + rank + " #1", "remove " + rank, "apply " + rank + " #1");
        }
        assertThat(threads.values()).allMatch(writers -> writers.size() == 1);
    }

    private void send(KvEventPublisher publisher, long eventId) {
        WorkerWithDpRank rank = publisher.worker();
        subscriber.send(
                publisher.publisherId(), WireMessages.stored(rank.workerId(), rank.dpRank(), eventId, 1_000 + eventId));
    }

    private void awaitAll() {
        CountDownLatch done = new CountDownLatch(1);
        sources.afterAll(done::countDown);
        Await.until("all lanes are idle", () -> done.getCount() == 0);
    }
}
