package io.kvepp.discovery.staticlist;

import io.kvepp.config.ConfigurationException;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads workers from a YAML file, and again whenever it changes.
///
/// A file that is not what it should be ends the start. Later the last good one stays in force, and
/// each new error is counted and logged once.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class StaticListDiscovery implements WorkerDiscovery {
    private static final Logger LOG = LoggerFactory.getLogger(StaticListDiscovery.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final String MALFORMED = "malformed";

    /// Two changes within the grain of file times look like one: a file that changed so lately is
    /// read whatever its time says.
    private static final Duration TIME_GRAIN_MAX = Duration.ofSeconds(2);

    private final StaticListConfig config;
    private final InstantSource clock;
    private final EppMetrics metrics;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable WorkerSet delivered;
    private volatile String problem = "";
    private @Nullable Version seen;
    private @Nullable Thread thread;

    /// By which a change of the file shows.
    private record Version(FileTime modified, long size, String key) {}

    /// @param clock the wall clock that the file's time is compared with
    public StaticListDiscovery(StaticListConfig config, InstantSource clock, EppMetrics metrics) {
        this.config = config;
        this.clock = clock;
        this.metrics = metrics;
    }

    /// @throws ConfigurationException when the file cannot be read or is not what it should be
    @Override
    public synchronized void start(Consumer<WorkerSet> listener) {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        seen = version();
        WorkerSet first = StaticWorkersFile.read(config.file());
        thread = Thread.ofPlatform().name("discovery-static").start(() -> watch(first, listener));
    }

    @Override
    public boolean synced() {
        return delivered != null;
    }

    /// False while the file is not what it should be.
    @Override
    public boolean connected() {
        return problem.isEmpty();
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn("the listener of worker sets did not return within {}; interrupting it", CLOSE_WAIT);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void watch(WorkerSet first, Consumer<WorkerSet> listener) {
        WorkerSet newest = first;
        try {
            do {
                deliver(newest, listener);
                newest = readAgain(newest);
                deliver(newest, listener);
            } while (!stop.await(config.poll().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private WorkerSet readAgain(WorkerSet known) {
        @Nullable Version now = version();
        if (now != null && now.equals(seen) && isSettled(now)) {
            return known;
        }
        seen = now;
        try {
            WorkerSet read = StaticWorkersFile.read(config.file());
            problem = "";
            return read;
        } catch (ConfigurationException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.equals(problem)) {
                metrics.discoverySkipped(MALFORMED);
                LOG.warn("the last list of workers stays in force: {}", message);
            }
            problem = message;
            return known;
        }
    }

    private boolean isSettled(Version version) {
        return version.modified().toInstant().plus(TIME_GRAIN_MAX).isBefore(clock.instant());
    }

    private void deliver(WorkerSet set, Consumer<WorkerSet> listener) {
        if (set.equals(delivered) || isStopped()) {
            return;
        }
        try {
            listener.accept(set);
            delivered = set;
        } catch (RuntimeException e) {
            LOG.error("a set of workers could not be put in force", e);
        }
    }

    /// Null while there is no file.
    private @Nullable Version version() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(config.file(), BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
        } catch (IOException e) {
            return null;
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }
}
