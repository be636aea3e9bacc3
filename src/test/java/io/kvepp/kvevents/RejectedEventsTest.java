package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.FakeSubscriber;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Garbage on the event plane is counted, and nothing of it is believed.
class RejectedEventsTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);
    private static final KvEventPublisher PUBLISHER = new KvEventPublisher(71, RANK, "tcp://10.0.0.5:71");

    private final FakeSubscriber subscriber = new FakeSubscriber();
    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private final EppMetrics metrics = new EppMetrics();
    private final KvEventSources sources = new KvEventSources(
            new KvEventsConfig(1_000, 1 << 20, 1), subscriber, index, RecoveryClient.NONE, metrics, System::nanoTime);

    @BeforeEach
    void start() {
        assertThat(slots.assign(RANK)).isNotEqualTo(WorkerSlots.NONE);
        sources.start();
        sources.update(List.of(PUBLISHER));
        send(WireMessages.stored(5, 0, 1, 1_000));
    }

    @AfterEach
    void close() {
        sources.close();
        metrics.close();
    }

    static Stream<Arguments> garbage() {
        byte[] good = WireMessages.stored(5, 0, 2, 2_000);
        // An event that removes four billion blocks.
        byte[] absurd = HexFormat.of()
                .parseHex("9182a9776f726b65725f696405a56576656e7482a86576656e745f696402a46461746181"
                        + "a772656d6f76656481ac626c6f636b5f686173686573ddffffffff");
        return Stream.of(
                Arguments.of("truncated", Arrays.copyOf(good, good.length - 1)),
                Arguments.of("of a wrong type", MsgpackWriter.write(Map.of("worker_id", 5L))),
                Arguments.of("of an absurd length", absurd),
                Arguments.of("of more than it says", Arrays.copyOf(good, good.length + 1)));
    }

    @ParameterizedTest(name = "a message {0}")
    @MethodSource("garbage")
    void isCountedAndLeavesTheRankCold(String what, byte[] payload) {
        assertThat(index.stats().ownerBlocks().all()).as(what).isEqualTo(1);
        send(payload);

        assertThat(counted("malformed")).isEqualTo(1);
        assertThat(index.stats().ownerBlocks().all()).isZero();
        assertThat(sources.status().getFirst().state()).isEqualTo("cold");
    }

    @Test
    void aBlockThatIsItsOwnAncestorIsRejectedByTheIndexAndCounted() {
        send(MsgpackWriter.write(List.of(WireMessages.event(5, 0, 2, chain(1_000, 2_000, 3_000, 2_000)))));

        assertThat(index.stats().rejected().invalidSequences()).isEqualTo(1);
        assertThat(counted("malformed")).isZero();
        assertThat(index.stats().ownerBlocks().all()).isLessThanOrEqualTo(2);
    }

    @Test
    void aParentThatIsItsOwnChildIsUnknown() {
        send(MsgpackWriter.write(List.of(WireMessages.event(5, 0, 2, chain(7_000, 7_000)))));

        assertThat(index.stats().rejected().unknownParents()).isEqualTo(1);
        assertThat(index.stats().ownerBlocks().all()).isEqualTo(1);
    }

    private static Map<String, Object> chain(long parent, long... hashes) {
        List<Map<String, Long>> blocks = Arrays.stream(hashes)
                .mapToObj(hash -> Map.of("block_hash", hash, "tokens_hash", hash + 1))
                .toList();
        return Map.of("stored", Map.of("parent_hash", parent, "blocks", blocks));
    }

    private void send(byte[] payload) {
        subscriber.send(PUBLISHER.publisherId(), payload);
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
}
