package io.kvepp.discovery.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.testing.StoreFixture;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiscoveryTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration TTL = Duration.ofSeconds(10);
    private static final long FIRST_WORKER = 0x1386d902094ca42cL;
    private static final long SECOND_WORKER = 0x7b384ccc57923194L;
    private static final String FIRST_KEY = "dynamo%2Fbackend%2Fgenerate%2F1386d902094ca42c";

    @TempDir
    private Path root = Path.of("");

    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final AtomicLong looks = new AtomicLong();
    private final List<WorkerSet> sets = new CopyOnWriteArrayList<>();
    private final EppMetrics metrics = new EppMetrics();
    private FileDiscovery discovery = discovery(100_000);

    @BeforeEach
    void watchTheTemporaryFolder() {
        discovery = discovery(100_000);
    }

    @AfterEach
    void close() {
        discovery.close();
        metrics.close();
    }

    @Test
    void aMissingFolderIsAnEmptySetAndIsPickedUpWhenItAppears() throws IOException {
        assertThat(discovery.synced()).isFalse();
        discovery.start(sets::add);
        Await.until("synced", discovery::synced);
        assertThat(sets).containsExactly(WorkerSet.EMPTY);

        install("agg");
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
    }

    @Test
    void readsARealStore() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);

        awaitLook();
        assertThat(last().kvEventPublishers())
                .containsExactly(
                        new KvEventPublisher(
                                0x133d5d66f781b3L,
                                new WorkerWithDpRank(FIRST_WORKER, 0),
                                "tcp://192.0.2.2:33713",
                                recovery("1386d902094ca42c", "133d5d66f781b3")),
                        new KvEventPublisher(
                                0x1c9392143d3590L,
                                new WorkerWithDpRank(SECOND_WORKER, 0),
                                "tcp://192.0.2.2:38437",
                                recovery("7b384ccc57923194", "1c9392143d3590")));
        assertThat(last().workers().getFirst().baseCard().name()).isEqualTo("tiny-chat");
    }

    @Test
    void readsPrefillAndDecodeWorkersAndOnlyPrefillRanksPublish() throws IOException {
        install("disagg-dp2");
        discovery.start(sets::add);
        Await.until(
                "four workers with four publishers",
                () -> !sets.isEmpty()
                        && last().workers().size() == 4
                        && last().kvEventPublishers().size() == 4);

        assertThat(last().kvEventPublishers())
                .allSatisfy(publisher -> assertThat(last().workers())
                        .filteredOn(worker -> worker.id() == publisher.worker().workerId())
                        .singleElement()
                        .satisfies(worker ->
                                assertThat(worker.endpoint().component()).isEqualTo("prefill")));
    }

    @Test
    void aWorkerLeavesWithItsInstanceOrWithItsCard() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
        Path card = entry("mdc", FIRST_KEY);
        byte[] bytes = Files.readAllBytes(card);
        Files.delete(card);
        awaitWorkers(SECOND_WORKER);
        write("mdc", FIRST_KEY, bytes);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
        Files.delete(entry("instances", FIRST_KEY));
        awaitWorkers(SECOND_WORKER);
    }

    @Test
    void anEntryNobodyTouchesDiesAndLivesAgainWhenTouched() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);

        now.set(NOW.plus(TTL));
        awaitLook();
        assertThat(last().workers()).hasSize(2);
        touch(entry("instances", FIRST_KEY), now.get());
        touch(entry("mdc", FIRST_KEY), now.get());
        now.set(NOW.plus(TTL).plusMillis(1));
        awaitWorkers(FIRST_WORKER);

        touchAll(now.get());
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
    }

    @Test
    void touchingWithoutChangeDeliversNothing() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
        awaitLook();
        int delivered = sets.size();

        for (int second = 3; second < 30; second += 3) {
            now.set(NOW.plusSeconds(second));
            touchAll(now.get());
            awaitLook();
        }
        assertThat(sets).hasSize(delivered);
    }

    @Test
    void temporaryFilesAndFoldersAreNoEntries() throws IOException {
        install("agg");
        write("mdc", ".tmp_0123456789abcdef", "{".getBytes(StandardCharsets.UTF_8));
        Files.createDirectory(entry("mdc", "folder"));
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);

        assertThat(metrics.scrape()).doesNotContain("malformed", "unreadable");
    }

    @Test
    void aHalfWrittenEntryKeepsItsLastGoodValueAndIsCountedOnce() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
        awaitLook();
        WorkerSet good = last();
        byte[] bytes = Files.readAllBytes(entry("mdc", FIRST_KEY));
        write(
                "mdc",
                FIRST_KEY,
                new String(bytes, StandardCharsets.UTF_8).substring(0, 100).getBytes(StandardCharsets.UTF_8));
        Await.until("the damage is seen", () -> metrics.scrape().contains("reason=\"malformed\""));
        for (int second = 1; second < 4; second++) {
            touch(entry("mdc", FIRST_KEY), NOW.plusSeconds(second));
            awaitLook();
        }

        assertThat(last()).isEqualTo(good);
        assertThat(metrics.scrape()).contains("kv_epp_discovery_skipped_total{reason=\"malformed\"} 1.0");
        now.set(NOW.plus(TTL).plusSeconds(4));
        awaitWorkers();
        touch(entry("mdc", FIRST_KEY), now.get());
        touch(entry("instances", FIRST_KEY), now.get());
        awaitLook();
        assertThat(last().workers())
                .as("a dead entry's last value is forgotten")
                .isEmpty();
    }

    @Test
    void anEntryOverTheLimitIsSkipped() throws IOException {
        discovery.close();
        discovery = discovery(1_000);
        install("agg");
        discovery.start(sets::add);
        Await.until(
                "the cards are skipped",
                () -> metrics.scrape().contains("kv_epp_discovery_skipped_total{reason=\"too_large\"} 2.0"));
        awaitLook();

        assertThat(last().workers()).isEmpty();
    }

    @Test
    void cardsOfAdaptersComeAndGoWithTheirOwnFile() throws IOException {
        install("agg");
        discovery.start(sets::add);
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
        String adapter = Files.readString(entry("mdc", FIRST_KEY))
                .replace("\"display_name\":\"tiny-chat\"", "\"display_name\":\"ad\",\"lora\":{\"name\":\"ad\"}");
        write("mdc", FIRST_KEY + "%2Fad", adapter.getBytes(StandardCharsets.UTF_8));
        Await.until("the adapter is there", () -> first().cards().size() == 2);
        assertThat(first().cards()).extracting(ModelCard::loraName).containsExactly(null, "ad");
        Files.delete(entry("mdc", FIRST_KEY + "%2Fad"));
        Await.until("the adapter is gone", () -> first().cards().size() == 1);
    }

    @Test
    void aBucketThatIsNoFolderIsCountedAndDoesNotEndTheWatch() throws IOException {
        Files.createDirectories(root.resolve("v1"));
        Files.writeString(root.resolve("v1/instances"), "x");
        discovery.start(sets::add);
        Await.until("counted", () -> metrics.scrape().contains("reason=\"unreadable\""));
        Files.delete(root.resolve("v1/instances"));
        install("agg");
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
    }

    @Test
    void aListenerThatFailsIsCalledAgain() throws IOException {
        install("agg");
        AtomicLong calls = new AtomicLong();
        discovery.start(set -> {
            if (calls.incrementAndGet() < 3) {
                throw new IllegalStateException("expected by the test");
            }
            sets.add(set);
        });
        awaitWorkers(FIRST_WORKER, SECOND_WORKER);
    }

    @Test
    void afterCloseTheListenerIsNotCalled() throws IOException {
        discovery.start(sets::add);
        Await.until("synced", discovery::synced);
        discovery.close();
        int delivered = sets.size();
        long looked = looks.get();
        install("agg");
        discovery.close();

        assertThat(sets).hasSize(delivered);
        assertThat(looks.get()).isEqualTo(looked);
        assertThatThrownBy(() -> discovery.start(sets::add)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theDefaultsAreDynamos() {
        FileDiscoveryConfig config = FileDiscoveryConfig.from(Options.defaults());
        assertThat(config.folder()).isEqualTo(Path.of(System.getProperty("java.io.tmpdir"), "dynamo_store_kv"));
        assertThat(config.timeToLive()).isEqualTo(TTL);
        assertThat(config.poll()).isEqualTo(Duration.ofMillis(200));
        assertThat(DiscoveryConfig.from(Options.defaults()).namespacePrefix()).isEmpty();
    }

    @Test
    void readsDynamosEnvironment() {
        Options options = new Options(
                Map.of("discovery-poll", List.of("1s")),
                Map.of("DYN_FILE_KV", "/kv", "DYN_NAMESPACE", "ns", "DYN_NAMESPACE_PREFIX", "prefix"));
        assertThat(FileDiscoveryConfig.from(options).folder()).isEqualTo(Path.of("/kv"));
        assertThat(DiscoveryConfig.from(options).namespacePrefix()).isEqualTo("prefix");
        assertThatThrownBy(
                        () -> FileDiscoveryConfig.from(new Options(Map.of("discovery-ttl", List.of("0s")), Map.of())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("discovery-ttl: 0s (expected: > 0)");
    }

    private FileDiscovery discovery(int entryBytesMax) {
        return new FileDiscovery(
                new FileDiscoveryConfig(root, TTL, Duration.ofMillis(5), entryBytesMax),
                new DiscoveryConfig(""),
                () -> {
                    looks.incrementAndGet();
                    return now.get();
                },
                metrics);
    }

    private void install(String store) throws IOException {
        for (String bucket : List.of("instances", "mdc", "event_channels", "event_sources")) {
            for (Path entry : StoreFixture.entries(store, bucket)) {
                write(bucket, String.valueOf(entry.getFileName()), Files.readAllBytes(entry));
            }
        }
    }

    private Path entry(String bucket, String name) {
        return root.resolve("v1").resolve(bucket).resolve(name);
    }

    private void write(String bucket, String name, byte[] bytes) throws IOException {
        Path file = entry(bucket, name);
        Files.createDirectories(file.resolveSibling("."));
        Path temporary = file.resolveSibling(".tmp_x");
        Files.write(temporary, bytes);
        touch(temporary, now.get());
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private void touchAll(Instant time) throws IOException {
        try (var files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                touch(file, time);
            }
        }
    }

    private static void touch(Path file, Instant time) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(time));
    }

    private WorkerSet last() {
        return sets.getLast();
    }

    private Worker first() {
        return last().workers().getFirst();
    }

    private void awaitWorkers(Long... ids) {
        Await.until(
                "the workers are " + List.of(ids),
                () -> !sets.isEmpty()
                        && last().workers().stream().map(Worker::id).toList().equals(List.of(ids)));
    }

    /// Waits until everything written before has been looked at.
    private void awaitLook() {
        long before = looks.get();
        Await.until("two looks", () -> looks.get() >= before + 2);
    }

    private static RecoveryTarget recovery(String instance, String publisher) {
        return new RecoveryTarget(
                "127.0.0.1:40349/" + instance + "/dynamo/backend/worker_kv_query_source_" + publisher,
                RecoveryTarget.Codec.MSGPACK);
    }
}
