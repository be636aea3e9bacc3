package io.kvepp.app;

import io.kvepp.router.PickExecutor;
import io.kvepp.router.RouterConfig;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that read larger bodies: those of more than [#HUGE_BYTES_MIN] on half of them, on
/// threads of their own, so that they neither hold up the others nor take all processors.
///
/// Thread-safe.
final class PickThreads implements PickExecutor, AutoCloseable {
    /// The length from which on a body counts as huge.
    static final int HUGE_BYTES_MIN = 1 << 20;

    private final ExecutorService usual;
    private final ExecutorService huge;

    PickThreads(RouterConfig config) {
        usual = pool("pick-", config.pickThreads(), config.pickQueueMax());
        huge = pool("pick-huge-", Math.max(1, config.pickThreads() / 2), config.pickQueueMax());
    }

    private static ExecutorService pool(String name, int threads, int queueMax) {
        return new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(queueMax),
                Thread.ofPlatform().name(name, 0).daemon().factory());
    }

    @Override
    public void execute(int bodyBytes, Runnable decision) {
        (bodyBytes < HUGE_BYTES_MIN ? usual : huge).execute(decision);
    }

    @Override
    public void close() {
        usual.shutdownNow();
        huge.shutdownNow();
    }
}
