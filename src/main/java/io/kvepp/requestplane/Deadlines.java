package io.kvepp.requestplane;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Runs an action after a time, unless the deadline was closed before.
///
/// Each action gets a thread of its own, so none delays another. After [#close] nothing runs.
///
/// Thread-safe.
final class Deadlines implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofDays(365);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1,
            Thread.ofPlatform().daemon().name("request-plane-deadlines").factory(),
            new ThreadPoolExecutor.DiscardPolicy());

    /// A running deadline; closing it is idempotent.
    interface Deadline extends AutoCloseable {
        @Override
        void close();
    }

    Deadlines() {
        timer.setRemoveOnCancelPolicy(true);
    }

    Deadline start(Duration time, Runnable action) {
        long nanos = (time.compareTo(LONGEST) < 0 ? time : LONGEST).toNanos();
        Future<?> task = timer.schedule(() -> Thread.startVirtualThread(action), nanos, TimeUnit.NANOSECONDS);
        return () -> task.cancel(false);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
