package io.kvepp.discovery.etcd;

import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.WorkerSetFeed;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerSet;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows Dynamo's entries in etcd.
///
/// - Everything is read at one revision, then watched from the next one on.
/// - A watch that ends, meets an error, or may have missed something (compaction, too many changes
///   at once, a server that was set back) is replaced: everything is read anew and put in the place
///   of what was known.
/// - Entries die with the lease of their worker; etcd tells that as a deletion.
/// - While etcd does not answer, the last set stays in force and [#connected] is false. It is asked
///   again with growing pauses.
///
/// Source: Dynamo `lib/runtime/src/storage/kv/etcd.rs`.
///
/// Thread-safe. Owns one thread and the connection from [#start] to [#close].
public final class EtcdDiscovery implements WorkerDiscovery {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdDiscovery.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    /// How it goes about following.
    ///
    /// - `probe`: how long a watch may be silent before etcd is asked whether it is still there
    /// - `gather`: changes of so long are taken together
    /// - `firstPause`, `longestPause`: between attempts while etcd is away
    record Pace(Duration probe, Duration gather, Duration firstPause, Duration longestPause) {
        static final Pace DEFAULT =
                new Pace(Duration.ofSeconds(2), Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(2));
    }

    private final EtcdConfig config;
    private final DiscoveryConfig discoveryConfig;
    private final EppMetrics metrics;
    private final Pace pace;
    private final Function<EtcdConfig, EtcdStore> connect;
    private final EtcdEntries entries = new EtcdEntries();
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable WorkerSetFeed feed;
    private volatile boolean connected;
    private @Nullable Thread thread;
    private boolean told = true;
    private boolean away;

    public EtcdDiscovery(EtcdConfig config, DiscoveryConfig discoveryConfig, EppMetrics metrics) {
        this(config, discoveryConfig, metrics, Pace.DEFAULT, JetcdStore::new);
    }

    EtcdDiscovery(
            EtcdConfig config,
            DiscoveryConfig discoveryConfig,
            EppMetrics metrics,
            Pace pace,
            Function<EtcdConfig, EtcdStore> connect) {
        this.config = config;
        this.discoveryConfig = discoveryConfig;
        this.metrics = metrics;
        this.pace = pace;
        this.connect = connect;
    }

    @Override
    public synchronized void start(Consumer<WorkerSet> listener) {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        // Here, so that a certificate that cannot be read ends the start.
        EtcdStore store = connect.apply(config);
        WorkerSetFeed started = new WorkerSetFeed(discoveryConfig, metrics, listener);
        feed = started;
        thread = Thread.ofPlatform().name("discovery-etcd").start(() -> run(store, started));
    }

    @Override
    public boolean synced() {
        @Nullable WorkerSetFeed started = feed;
        return started != null && started.synced();
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        thread.interrupt();
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn("the listener of worker sets did not return within {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(EtcdStore store, WorkerSetFeed target) {
        Duration pause = pace.firstPause();
        try (store) {
            while (!isStopped()) {
                boolean followed = follow(store, target);
                pause = followed ? pace.firstPause() : pause;
                if (stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
                pause = shorter(pause.multipliedBy(2), pace.longestPause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connected = false;
        }
    }

    /// Reads everything and follows its changes until that is no longer possible; false when it was
    /// not even read.
    private boolean follow(EtcdStore store, WorkerSetFeed target) throws InterruptedException {
        boolean read = false;
        try {
            EtcdStore.Snapshot snapshot = store.read();
            read = true;
            entries.replaceAll(snapshot.entries());
            isBack();
            offer(target);
            watch(store, snapshot.revision(), target);
        } catch (IOException e) {
            isAway(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("following etcd failed: source={}", config.endpoints(), e);
        }
        return read;
    }

    private void watch(EtcdStore store, long revision, WorkerSetFeed target) throws IOException, InterruptedException {
        EtcdChanges changes = new EtcdChanges();
        EtcdStore.Watch watch = store.watch(revision, changes);
        try {
            long newest = revision;
            while (!isStopped() && changes.loss() == null) {
                if (changes.applyTo(entries, pace.probe(), pace.gather()) || !told) {
                    offer(target);
                    continue;
                }
                long now = store.revision();
                if (now < newest) {
                    changes.lost("its revisions went back from " + newest + " to " + now);
                }
                newest = now;
            }
            if (!isStopped()) {
                metrics.discoveryResync();
                LOG.info("etcd is read anew: source={} reason={}", config.endpoints(), changes.loss());
            }
        } finally {
            watch.end();
        }
    }

    /// What a listener threw at is offered again later.
    private void offer(WorkerSetFeed target) {
        if (isStopped()) {
            return;
        }
        try {
            target.offer(entries.records(), entries.problems());
            told = true;
        } catch (RuntimeException e) {
            told = false;
            LOG.error("a set of workers could not be put in force", e);
        }
    }

    private void isBack() {
        connected = true;
        if (away) {
            LOG.info("etcd answers again: source={}", config.endpoints());
            away = false;
        }
    }

    private void isAway(String why) {
        connected = false;
        if (!away) {
            away = true;
            LOG.warn("etcd does not answer, the last workers stay: source={} reason={}", config.endpoints(), why);
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
