package io.kvepp.pool;

import io.kvepp.kube.KubeApi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches the pools of the configuration and their pods.
///
/// A pool that is deleted has no members; while the API server is away, the last ones known stay.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class Pools implements AutoCloseable {
    /// What the pods that the configuration itself selects are called.
    public static final String SELECTED = "endpoint-selector";

    private static final Logger LOG = LoggerFactory.getLogger(Pools.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final PoolConfig config;
    private final KubeApi api;
    private final Semaphore changes = new Semaphore(0);
    private volatile List<WatchedPool> watched = List.of();
    private volatile boolean stopped;
    private @Nullable Thread thread;

    public Pools(PoolConfig config, KubeApi api) {
        this.config = config;
        this.api = api;
    }

    /// Called once. The listener is called on one thread at a time, whenever members changed.
    public synchronized void start(PoolListener listener) {
        if (thread != null || stopped) {
            throw new IllegalStateException("started twice, or after close");
        }
        List<WatchedPool> pools = new ArrayList<>();
        for (PoolRef pool : config.pools()) {
            pools.add(WatchedPool.named(pool, api, changes::release));
        }
        if (!config.selector().isEmpty()) {
            pools.add(WatchedPool.selected(config.selector(), config.targetPorts(), api, changes::release));
        }
        watched = List.copyOf(pools);
        thread = Thread.ofPlatform().name("pools").start(() -> follow(listener));
    }

    /// True once every pool and its pods were seen.
    public boolean synced() {
        return thread != null && watched.stream().allMatch(WatchedPool::synced);
    }

    @Override
    public synchronized void close() {
        stopped = true;
        changes.release();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!thread.join(CLOSE_WAIT)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void follow(PoolListener listener) {
        try {
            while (!stopped) {
                changes.acquire();
                changes.drainPermits();
                if (!stopped && !look(listener)) {
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                    changes.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watched.forEach(WatchedPool::close);
        }
    }

    /// Whether that succeeded.
    private boolean look(PoolListener listener) {
        try {
            watched.forEach(pool -> pool.look(listener));
            return true;
        } catch (RuntimeException e) {
            // Pools must stay watched whatever one look at them did.
            LOG.error("looking at pools failed", e);
            return false;
        }
    }
}
