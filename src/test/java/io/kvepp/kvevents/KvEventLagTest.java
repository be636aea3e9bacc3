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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is told of a writer that is stuck in the first event.
class KvEventLagTest {
    private static final long SECOND = 1_000_000_000;
    private static final int LANES = 2;
    private static final List<KvEventPublisher> PUBLISHERS = IntStream.range(0, 8)
            .mapToObj(i ->
                    new KvEventPublisher(700 + i, new WorkerWithDpRank(1_000_003L * i, 0), "tcp://10.0.0.5:" + (1 + i)))
            .toList();

    private final AtomicLong nanos = new AtomicLong(-7 * SECOND);
    private final AtomicInteger begun = new AtomicInteger();
    private final CountDownLatch released = new CountDownLatch(1);
    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final EppMetrics metrics = new EppMetrics();
    private final KvEventSources sources = new KvEventSources(
            new KvEventsConfig(1000, 1 << 20, LANES),
            subscriber,
            new HeardIndexer(new RecordingIndexer(), _ -> {
                if (begun.incrementAndGet() == 1) {
                    await(released);
                }
            }),
            RecoveryClient.NONE,
            metrics,
            nanos::get);

    @BeforeEach
    void start() {
        sources.start();
        sources.update(PUBLISHERS);
        CountDownLatch known = new CountDownLatch(1);
        sources.afterAll(known::countDown);
        await(known);
    }

    @AfterEach
    void close() {
        released.countDown();
        sources.close();
        metrics.close();
    }

    @Test
    void theLagGrowsWhileTheOldestMessageIsStuck() {
        assertThat(sources.lagMillis()).isZero();

        send(PUBLISHERS.getFirst(), 1);
        Await.until("the writer is stuck", () -> begun.get() == 1);
        nanos.addAndGet(5 * SECOND);
        send(PUBLISHERS.getFirst(), 2);
        nanos.addAndGet(2 * SECOND);
        assertThat(sources.lagMillis()).isEqualTo(7000);

        released.countDown();
        Await.until("all is done", () -> sources.waitingMessages() == 0);
        Await.until("nothing waits", () -> sources.lagMillis() == 0);
    }

    @Test
    void aMessageBehindATaskCountsAsWaiting() {
        sources.onWriter(() -> {
            begun.incrementAndGet();
            await(released);
        });
        Await.until("the writer is stuck", () -> begun.get() == 1);
        PUBLISHERS.forEach(publisher -> send(publisher, 1));
        nanos.addAndGet(3 * SECOND);

        assertThat(sources.lagMillis()).isEqualTo(3000);
    }

    /// Each of two lanes has a message. One waits for its turn while the other writes for five seconds.
    @Test
    void waitingForTheTurnIsNotTimeOfTheIndex() {
        PUBLISHERS.forEach(publisher -> send(publisher, 1));
        Await.until("a lane is stuck", () -> begun.get() == 1);
        Await.until("the other waits for its turn", () -> lanesInState(Thread.State.WAITING) == LANES - 1);
        nanos.addAndGet(5 * SECOND);
        released.countDown();
        Await.until("all is done", () -> sources.waitingMessages() == 0);

        Await.until(
                "all is counted",
                () -> metrics.scrape().contains("kv_epp_index_apply_seconds_count " + PUBLISHERS.size()));
        assertThat(metrics.scrape()).contains("kv_epp_index_apply_seconds_sum 5.0");
    }

    private static long lanesInState(Thread.State state) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("kv-events-") && thread.getState() == state)
                .count();
    }

    private void send(KvEventPublisher publisher, long eventId) {
        WorkerWithDpRank rank = publisher.worker();
        subscriber.send(
                publisher.publisherId(), WireMessages.stored(rank.workerId(), rank.dpRank(), eventId, 1_000 + eventId));
    }

    private static void await(CountDownLatch latch) {
        Await.until("a latch is open", () -> latch.getCount() == 0);
    }
}
