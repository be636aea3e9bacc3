package io.kvepp.kvcache.bench;

import java.util.function.LongSupplier;

/// Decides how many passes it takes until the compiler has nothing left to improve: until none of the
/// last ones was noticeably faster than the best before, within limits of passes and time.
///
/// *Confined* to one thread.
final class WarmUp {
    static final int PASSES_MIN = 5;
    static final int PASSES_MAX = 25;
    static final double SECONDS_MAX = 60;

    private static final int SETTLED_PASSES = 3;
    private static final double NOTICEABLE = 0.97;

    private final LongSupplier nanoClock;
    private final long startedNanos;
    private double bestSeconds = Double.MAX_VALUE;
    private int sinceBetter;
    private int passes;

    WarmUp(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        startedNanos = nanoClock.getAsLong();
    }

    /// Notes the time of one more pass.
    void passed(double seconds) {
        passes++;
        sinceBetter = seconds < bestSeconds * NOTICEABLE ? 0 : sinceBetter + 1;
        bestSeconds = Math.min(bestSeconds, seconds);
    }

    boolean settled() {
        boolean late = (nanoClock.getAsLong() - startedNanos) / 1e9 >= SECONDS_MAX;
        return late || passes >= PASSES_MAX || (passes >= PASSES_MIN && sinceBetter >= SETTLED_PASSES);
    }

    int passes() {
        return passes;
    }
}
