package io.kvepp.kvcache.bench;

import java.util.Map;

/// Runs the phases until the compiler has nothing left to improve: until none of the last passes was
/// noticeably faster than the best before.
///
/// *Confined* to one thread.
final class WarmUp {
    private static final int PASSES_MIN = 5;
    private static final int PASSES_MAX = 25;
    private static final int SETTLED_PASSES = 3;
    private static final double NOTICEABLE = 0.97;

    private double best = Double.MAX_VALUE;
    private int sinceBetter;
    private int passes;

    /// Returns how many passes it took.
    static int of(Phases phases) throws InterruptedException {
        WarmUp warmUp = new WarmUp();
        do {
            Map<String, Object> figures = phases.run();
            warmUp.passed((double) figures.getOrDefault("apply_seconds", 0.0));
        } while (!warmUp.settled());
        return warmUp.passes;
    }

    void passed(double seconds) {
        passes++;
        if (seconds < best * NOTICEABLE) {
            sinceBetter = 0;
        } else {
            sinceBetter++;
        }
        best = Math.min(best, seconds);
    }

    boolean settled() {
        return passes >= PASSES_MAX || (passes >= PASSES_MIN && sinceBetter >= SETTLED_PASSES);
    }
}
