package io.kvepp.scheduling.queue;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How fast workers compute prompts, measured over the last ten seconds, and from that when to try
/// again.
///
/// Thread-safe.
public final class DrainRate {
    private static final int BUCKETS = 10;
    private static final long BUCKET_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int RETRY_SECONDS_MAX = 60;

    private final LongSupplier nanoClock;
    private final long startNanos;
    private final long[] tokens = new long[BUCKETS];
    private long bucket;
    private boolean measured;

    public DrainRate(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        startNanos = nanoClock.getAsLong();
    }

    /// So many prompt tokens are computed.
    public synchronized void add(long count) {
        advance();
        tokens[(int) (bucket % BUCKETS)] += count;
        measured |= count > 0;
    }

    public synchronized double tokensPerSecond() {
        advance();
        long sum = 0;
        for (long each : tokens) {
            sum += each;
        }
        double elapsed = (nanoClock.getAsLong() - startNanos) / (double) BUCKET_NANOS;
        double partial = elapsed - Math.floor(elapsed);
        return sum / Math.max(1, Math.min(elapsed, BUCKETS - 1 + partial));
    }

    /// Seconds, 1 to 60, until so many tokens that wait are computed; 1 when none wait, or before
    /// anything was measured.
    public synchronized int retryAfterSeconds(long waitingTokens) {
        if (!measured || waitingTokens == 0) {
            return 1;
        }
        double seconds = Math.ceil(waitingTokens / tokensPerSecond());
        return (int) Math.clamp(seconds, 1, RETRY_SECONDS_MAX);
    }

    private void advance() {
        long now = (nanoClock.getAsLong() - startNanos) / BUCKET_NANOS;
        for (int i = 0; i < BUCKETS && bucket < now; i++) {
            bucket++;
            tokens[(int) (bucket % BUCKETS)] = 0;
        }
        bucket = now;
    }
}
