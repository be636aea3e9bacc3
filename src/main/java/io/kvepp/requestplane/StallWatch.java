package io.kvepp.requestplane;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Looks at all connections several times a second, so that none needs a timer of its own.
///
/// Thread-safe.
final class StallWatch implements AutoCloseable {
    private static final long PERIOD_MILLIS = 100;

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final LongSupplier nanoClock;

    /// What may not take too long.
    interface Watched {
        /// Ends what has taken too long at `nowNanos`; does not block.
        void check(long nowNanos);
    }

    StallWatch(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void start() {
        Thread.ofPlatform().daemon().name("request-plane-watch").start(this::watch);
    }

    long now() {
        return nanoClock.getAsLong();
    }

    void add(Watched connection) {
        watched.add(connection);
    }

    void remove(Watched connection) {
        watched.remove(connection);
    }

    @Override
    public void close() {
        stop.countDown();
    }

    private void watch() {
        try {
            while (!stop.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
                long now = now();
                watched.forEach(connection -> connection.check(now));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
