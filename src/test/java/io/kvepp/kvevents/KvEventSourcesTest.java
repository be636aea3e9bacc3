package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.kvevents.testing.FakeRecoveryClient;
import io.kvepp.kvevents.testing.RecordingIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvEventSourcesTest {
    private static final long WORKER_ID = 5;
    private static final KvEventPublisher FIRST = publisher(71, WORKER_ID, 0);
    private static final KvEventPublisher SECOND_RANK = publisher(72, WORKER_ID, 1);

    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final RecordingIndexer index = new RecordingIndexer();
    private final EppMetrics metrics = new EppMetrics();
    private KvEventSources sources = sources(new KvEventsConfig(1_000, 1 << 20, 1));

    @BeforeEach
    void start() {
        sources.start();
    }

    @AfterEach
    void close() {
        sources.close();
        metrics.close();
        assertThat(index.writers()).isLessThanOrEqualTo(1);
    }

    @Test
    void appliesEventsInOrderOnOneThreadAndShowsWhereItStands() {
        sources.update(List.of(SECOND_RANK, FIRST));
        send(FIRST, 1);
        send(FIRST, 2);
        send(SECOND_RANK, 1);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "apply 5:0 #2", "apply 5:1 #1");
        assertThat(sources.status())
                .containsExactly(
                        new RankStatus(FIRST, false, "live", 2, 2, 0),
                        new RankStatus(SECOND_RANK, false, "live", 1, 1, 0));
        assertThat(counted("applied")).isEqualTo(3);
    }

    @Test
    void readinessNeedsTheConnectionToEveryPublisher() {
        assertThat(sources.allConnected()).isTrue();
        sources.update(List.of(FIRST, SECOND_RANK));
        assertThat(subscriber.subscribed()).containsExactlyInAnyOrder(address(FIRST), address(SECOND_RANK));
        subscriber.connect(address(FIRST));
        assertThat(sources.allConnected()).isFalse();
        subscriber.connect(address(SECOND_RANK));
        assertThat(sources.allConnected()).isTrue();
        assertThat(sources.status()).allMatch(RankStatus::connected);
    }

    @Test
    void readinessNeedsTheEndOfTheFirstRecoveryToo() {
        FakeRecoveryClient client = new FakeRecoveryClient();
        sources.close();
        sources = new KvEventSources(
                new KvEventsConfig(1_000, 1 << 20, 1), subscriber, index, client, metrics, System::nanoTime);
        sources.start();
        KvEventPublisher recoverable = new KvEventPublisher(
                71, FIRST.worker(), FIRST.endpoint(), new RecoveryTarget("10.0.0.5:1/q", RecoveryTarget.Codec.MSGPACK));
        sources.update(List.of(recoverable));
        subscriber.connect(address(recoverable));
        drain();
        send(recoverable, 3);
        drain();
        assertThat(sources.allConnected()).isFalse();
        assertThat(sources.status().getFirst().state()).isEqualTo("recovering");

        client.last().answer().complete(new RecoveryReply.TreeDump(List.of(), 2));
        drain();
        assertThat(sources.allConnected()).isTrue();
        assertThat(sources.status().getFirst()).isEqualTo(new RankStatus(recoverable, true, "live", 3, 1, 0));
        assertThat(index.calls()).containsExactly("remove 5:0", "apply 5:0 #3");
    }

    @Test
    void theFirstEventSeenIsAppliedWhateverItsId() {
        sources.update(List.of(FIRST));
        send(FIRST, 17);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #17");
    }

    @Test
    void aGapDropsTheRankThenTheEventIsAppliedAndTheOrderGoesOnFromThere() {
        sources.update(List.of(FIRST, SECOND_RANK));
        send(FIRST, 1);
        send(FIRST, 4);
        send(FIRST, 5);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "remove 5:0", "apply 5:0 #4", "apply 5:0 #5");
        assertThat(counted("gap")).isEqualTo(1);
        assertThat(sources.status().getFirst()).isEqualTo(new RankStatus(FIRST, false, "cold", 5, 3, 1));
    }

    @Test
    void staleEventsAreCountedAndDropped() {
        sources.update(List.of(FIRST));
        send(FIRST, 3);
        send(FIRST, 3);
        send(FIRST, 2);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #3");
        assertThat(counted("stale")).isEqualTo(2);
    }

    @Test
    void aPublisherThatCountsFromOneAgainStartsTheRankCold() {
        sources.update(List.of(FIRST));
        send(FIRST, 3);
        send(FIRST, 1);
        send(FIRST, 2);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #3", "remove 5:0", "apply 5:0 #1", "apply 5:0 #2");
    }

    @Test
    void aReplacedPublisherDropsTheRankBeforeTheFirstEventOfTheNewOne() {
        sources.update(List.of(FIRST));
        send(FIRST, 3);
        KvEventPublisher replacement = publisher(99, WORKER_ID, 0);
        sources.update(List.of(replacement));
        send(FIRST, 4);
        send(replacement, 1);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #3", "remove 5:0", "apply 5:0 #1");
        assertThat(counted("unadvertised")).isEqualTo(1);
    }

    @Test
    void whoIsUnadvertisedIsNotHeardUntilHeIsAdvertised() {
        sources.update(List.of(FIRST));
        send(SECOND_RANK, 1);
        send(SECOND_RANK, 2);
        drain();
        assertThat(index.calls()).isEmpty();
        assertThat(counted("unadvertised")).isEqualTo(2);

        sources.update(List.of(FIRST, SECOND_RANK));
        send(SECOND_RANK, 3);
        drain();
        assertThat(index.calls()).containsExactly("apply 5:1 #3");
    }

    @Test
    void aPublisherThatLeavesDropsOnlyItsRank() {
        sources.update(List.of(FIRST, SECOND_RANK));
        send(FIRST, 1);
        send(SECOND_RANK, 1);
        sources.update(List.of(SECOND_RANK));
        send(SECOND_RANK, 2);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "apply 5:1 #1", "remove 5:0", "apply 5:1 #2");
        assertThat(subscriber.subscribed()).containsExactly(address(SECOND_RANK));
    }

    @Test
    void aPublisherThatOnlyMovesKeepsItsRank() {
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        KvEventPublisher moved = new KvEventPublisher(FIRST.publisherId(), FIRST.worker(), "tcp://10.0.0.9:9");
        sources.update(List.of(moved));
        send(moved, 2);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "apply 5:0 #2");
        assertThat(subscriber.subscribed()).containsExactly(address(moved));
        assertThat(sources.status().getFirst().publisher()).isEqualTo(moved);
    }

    @Test
    void aPublisherThatIsAdvertisedForAnotherRankNowDropsTheOldOne() {
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        KvEventPublisher other = publisher(FIRST.publisherId(), WORKER_ID, 3);
        sources.update(List.of(other));
        subscriber.send(other.publisherId(), WireMessages.stored(WORKER_ID, 3, 1, 10));
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "remove 5:0", "apply 5:3 #1");
    }

    @Test
    void oneEventOfAnotherWorkerOrRankDropsTheWholeBatch() {
        sources.update(List.of(FIRST));
        subscriber.send(
                FIRST.publisherId(),
                MsgpackWriter.write(List.of(
                        WireMessages.storedEvent(WORKER_ID, 0, 1, 10), WireMessages.storedEvent(WORKER_ID, 1, 2, 11))));
        subscriber.send(FIRST.publisherId(), WireMessages.stored(6, 0, 1, 10));
        drain();

        assertThat(index.calls()).isEmpty();
        assertThat(counted("mismatch")).isEqualTo(3);
    }

    @Test
    void ignoredEventsKeepTheOrderUnbroken() {
        Map<String, Object> ignored = WireMessages.storedEvent(WORKER_ID, 0, 2, 11);
        ignored.put("residency_domain", "cache_owner");
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        subscriber.send(FIRST.publisherId(), MsgpackWriter.write(List.of(ignored)));
        send(FIRST, 3);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "apply 5:0 #3");
        assertThat(counted("ignored")).isEqualTo(1);
    }

    @Test
    void aMalformedPayloadStartsTheRankColdBecauseItsEventsAreLost() {
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        subscriber.send(FIRST.publisherId(), new byte[] {1, 2, 3});
        send(FIRST, 9);
        subscriber.listener().onMalformed("2 frames (expected: 4)");
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "remove 5:0", "apply 5:0 #9");
        assertThat(counted("malformed")).isEqualTo(2);
    }

    @Test
    void aFullQueueDropsTheMessageAndTheRankStartsColdEvenWhenNothingFollows() {
        sources.close();
        sources = sources(new KvEventsConfig(2, 1 << 20, 1));
        sources.start();
        sources.update(List.of(FIRST));
        drain();
        CountDownLatch hold = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1);
        sources.onWriter(() -> {
            held.countDown();
            await(hold);
        });
        await(held);
        send(FIRST, 1);
        send(FIRST, 2);
        send(FIRST, 3);
        hold.countDown();

        Await.until("the rank is dropped", () -> index.calls().contains("remove 5:0"));
        assertThat(index.calls()).containsExactly("apply 5:0 #1", "apply 5:0 #2", "remove 5:0");
        assertThat(counted("overflow")).isEqualTo(1);
        send(FIRST, 7);
        drain();
        assertThat(index.calls()).endsWith("remove 5:0", "apply 5:0 #7");
    }

    @Test
    void theQueueIsLimitedInBytesToo() {
        sources.close();
        sources = sources(new KvEventsConfig(1_000, 10, 1));
        sources.start();
        sources.update(List.of(FIRST));
        drain();
        send(FIRST, 1);

        Await.until("the rank is dropped", () -> index.calls().contains("remove 5:0"));
        assertThat(counted("overflow")).isEqualTo(1);
        assertThat(counted("applied")).isZero();
    }

    @Test
    void tasksOfOthersRunOnTheThreadThatWritesTheIndex() {
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        sources.onWriter(() -> index.removeRank(new WorkerWithDpRank(8, 0)));
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1", "remove 8:0");
        assertThat(index.writers()).isEqualTo(1);
    }

    @Test
    void aTaskMayHandInAnother() {
        AtomicReference<String> done = new AtomicReference<>("");
        sources.onWriter(() -> sources.onWriter(() -> done.set("inner")));
        drain();

        assertThat(done).hasValue("inner");
    }

    @Test
    void aTaskThatFailsDoesNotEndTheLane() {
        sources.onWriter(() -> {
            throw new IllegalStateException("expected by the test");
        });
        sources.update(List.of(FIRST));
        send(FIRST, 1);
        drain();

        assertThat(index.calls()).containsExactly("apply 5:0 #1");
    }

    @Test
    void afterCloseNothingHangsAndNothingIsWritten() {
        sources.close();
        sources.update(List.of(FIRST));
        for (int i = 0; i < 2_000; i++) {
            sources.onWriter(() -> index.removeRank(FIRST.worker()));
        }

        assertThat(subscriber.closed()).isTrue();
        assertThat(index.calls()).isEmpty();
    }

    private KvEventSources sources(KvEventsConfig config) {
        return new KvEventSources(config, subscriber, index, RecoveryClient.NONE, metrics, System::nanoTime);
    }

    private void send(KvEventPublisher publisher, long eventId) {
        subscriber.send(
                publisher.publisherId(),
                WireMessages.stored(WORKER_ID, publisher.worker().dpRank(), eventId, 1_000 + eventId));
    }

    private void drain() {
        CountDownLatch done = new CountDownLatch(1);
        sources.onWriter(done::countDown);
        Await.until("the lane is idle", () -> done.getCount() == 0);
    }

    private long counted(String outcome) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("kv_epp_kv_events_total{outcome=\"" + outcome + "\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static void await(CountDownLatch latch) {
        Await.until("the latch is open", () -> latch.getCount() == 0);
    }

    private static KvEventPublisher publisher(long publisherId, long workerId, int dpRank) {
        return new KvEventPublisher(
                publisherId, new WorkerWithDpRank(workerId, dpRank), "tcp://10.0.0.5:" + publisherId);
    }

    private static PublisherAddress address(KvEventPublisher publisher) {
        return new PublisherAddress(publisher.publisherId(), publisher.endpoint());
    }
}
