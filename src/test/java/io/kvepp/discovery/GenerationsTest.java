package io.kvepp.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Generations of a rolling update, several models, and many workers at once.
class GenerationsTest {
    private static final DynamoWorker OLD = new DynamoWorker(1, "prod-3f2a", "tiny-chat");
    private static final DynamoWorker NEW = new DynamoWorker(2, "prod-9c41", "tiny-chat");
    private static final DynamoWorker OTHER_MODEL = new DynamoWorker(3, "prod-9c41", "large-chat");
    private static final DynamoWorker STRANGER = new DynamoWorker(4, "test-9c41", "tiny-chat");

    private final EppMetrics metrics = new EppMetrics();
    private final List<WorkerSet> sets = new ArrayList<>();
    private final WorkerSetFeed feed = new WorkerSetFeed(new DiscoveryConfig("prod"), metrics, sets::add);

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void allGenerationsOfAPrefixServeWhileTheyOverlap() {
        offer(OLD, STRANGER);
        assertThat(workers()).containsExactly(1L);
        offer(OLD, NEW, STRANGER);
        assertThat(workers()).containsExactly(1L, 2L);
        assertThat(sets.getLast().kvEventPublishers()).hasSize(2);
        offer(NEW, STRANGER);
        assertThat(workers()).containsExactly(2L);
    }

    @Test
    void modelsOfOneProcessAreKeptApart() {
        offer(OLD, NEW, OTHER_MODEL);

        assertThat(sets.getLast().workers())
                .extracting(worker -> worker.baseCard().name())
                .containsExactly("tiny-chat", "tiny-chat", "large-chat");
    }

    @Test
    void aWorkerOfAStateAgentServesWithoutKvEventsAndIsReported() {
        feed.offer(records(OLD.entries("state_agent_v2").values().stream()), List.of());

        assertThat(workers()).containsExactly(1L);
        assertThat(sets.getLast().kvEventPublishers()).isEmpty();
        assertThat(metrics.scrape()).contains("kv_epp_discovery_skipped_total{reason=\"unsupported\"} 1.0");
    }

    @Test
    void twoThousandWorkersAtOnceAreOneSet() {
        offer(Stream.iterate(1L, id -> id + 1)
                .limit(2_000)
                .map(id -> new DynamoWorker(id, "prod", "tiny-chat"))
                .toArray(DynamoWorker[]::new));

        assertThat(sets).hasSize(1);
        assertThat(sets.getLast().workers()).hasSize(2_000);
        assertThat(sets.getLast().kvEventPublishers()).hasSize(2_000);
    }

    private List<Long> workers() {
        return sets.getLast().workers().stream().map(Worker::id).toList();
    }

    private void offer(DynamoWorker... workers) {
        feed.offer(records(Stream.of(workers).flatMap(worker -> worker.entries().values().stream())), List.of());
    }

    private static List<DiscoveryRecord> records(Stream<String> entries) {
        DiscoveryRecordReader reader = new DiscoveryRecordReader();
        List<DiscoveryRecord> records = new ArrayList<>();
        entries.forEach(json -> {
            try {
                records.add(reader.read(json.getBytes(StandardCharsets.UTF_8)));
            } catch (MalformedRecordException e) {
                throw new AssertionError(json, e);
            }
        });
        return records;
    }
}
