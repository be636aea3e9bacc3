package io.kvepp.extproc;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends waits that last too long: Envoy runs no timer of its own in full duplex mode.
///
/// One task looks at all open streams a few times a second; that is cheaper than a timer for each
/// body part.
///
/// Thread-safe.
final class StreamDeadlines implements AutoCloseable {
    static final long NEVER = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(StreamDeadlines.class);
    private static final Duration TICK = Duration.ofMillis(100);

    private final Set<ExtProcStream> streams = ConcurrentHashMap.newKeySet();
    private final LongSupplier nanoClock;
    private final ScheduledExecutorService timer;
    private final Duration ageMax;

    /// `ageMax`: how old a stream gets
    StreamDeadlines(ScheduledExecutorService timer, LongSupplier nanoClock, Duration ageMax) {
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.ageMax = ageMax;
    }

    void start() {
        var _ = timer.scheduleWithFixedDelay(this::check, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    void add(ExtProcStream stream) {
        streams.add(stream);
    }

    void remove(ExtProcStream stream) {
        streams.remove(stream);
    }

    int open() {
        return streams.size();
    }

    /// Those that are open; may change meanwhile.
    Iterable<ExtProcStream> streams() {
        return streams;
    }

    long now() {
        return nanoClock.getAsLong();
    }

    /// The moment `wait` from now, on this clock.
    long after(Duration wait) {
        return nanoClock.getAsLong() + wait.toNanos();
    }

    /// The same, or `end` if that is sooner.
    long after(Duration wait, long end) {
        long then = after(wait);
        return then - end < 0 ? then : end;
    }

    void check() {
        long now = nanoClock.getAsLong();
        for (ExtProcStream stream : streams) {
            long deadline = stream.deadlineNanos();
            if (deadline != NEVER && now - deadline >= 0) {
                run(() -> stream.onDeadline(deadline));
            } else if (now - stream.startNanos() >= ageMax.toNanos()) {
                run(stream::onAge);
            }
        }
    }

    /// One stream that fails must not end the checks of all others.
    private static void run(Runnable end) {
        try {
            end.run();
        } catch (RuntimeException e) {
            LOG.error("a deadline could not be carried out", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
