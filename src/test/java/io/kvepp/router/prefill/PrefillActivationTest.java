package io.kvepp.router.prefill;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerSetFeed;
import io.kvepp.discovery.file.FileDiscovery;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.discovery.testing.StoreFixture;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSlots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Prefill workers that discovery finds, and whether they activate their pool.
class PrefillActivationTest {
    private static final String MODEL = "tiny-chat";
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path root = Path.of("");

    private final EppMetrics metrics = new EppMetrics();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(WorkerSetFeed.class);
    private final WorkerDirectory directory = new WorkerDirectory(new WorkerSlots());
    private @Nullable PrefillPool pool;

    @BeforeEach
    void listen() {
        log.start();
        logger.setLevel(Level.WARN);
        logger.addAppender(log);
    }

    @AfterEach
    void close() {
        logger.detachAppender(log);
        logger.setLevel(null);
        metrics.close();
    }

    private FileDiscovery discovery() {
        return new FileDiscovery(
                new FileDiscoveryConfig(root, LONG, Duration.ofMillis(5), 100_000),
                new DiscoveryConfig(""),
                Instant::now,
                metrics);
    }

    /// A recorded store of two prefill and two decode workers; the former's cards are in order or not.
    private void install(boolean readable) throws IOException {
        for (String bucket : List.of("instances", "mdc")) {
            for (Path entry : StoreFixture.entries("disagg-dp2", bucket)) {
                String name = String.valueOf(entry.getFileName());
                String text = Files.readString(entry);
                boolean spoilt = !readable && bucket.equals("mdc") && name.contains("prefill");
                write(bucket, name, spoilt ? text.replaceFirst("\"kv_cache_block_size\":", "$0-") : text);
            }
        }
    }

    private void write(String bucket, String name, String text) throws IOException {
        Path folder = Files.createDirectories(root.resolve("v1").resolve(bucket));
        Path whole = Files.write(root.resolve("whole"), text.getBytes(StandardCharsets.UTF_8));
        Files.move(whole, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private synchronized void follow() {
        ModelWorkers workers = directory.snapshot().models().get(MODEL);
        pool = workers == null ? pool : PrefillPool.after(pool, workers);
    }

    private synchronized @Nullable PrefillPool pool() {
        return pool;
    }

    /// prefill-router 4: a failed activation is logged and leaves the pool as it was.
    @Test
    void prefillWorkersWhoseCardsCannotBeReadActivateNothingAndTheLogTells() throws IOException {
        install(false);
        try (FileDiscovery discovery = discovery()) {
            discovery.start(set -> {
                directory.update(set);
                follow();
            });
            Await.until("a pool", () -> pool() != null);
            assertThat(pool()).isEqualTo(new PrefillPool.Pending());
            assertThat(List.copyOf(log.list))
                    .filteredOn(event -> event.getLevel() == Level.WARN)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .hasSize(2)
                    .allMatch(line -> line.contains("prefill")
                            && line.contains("reason=malformed")
                            && line.contains("kv_cache_block_size"));

            install(true);
            Await.until(
                    "an active pool",
                    () -> pool() instanceof PrefillPool.Active(var _, var ranks) && ranks.size() == 4);
        }
    }
}
