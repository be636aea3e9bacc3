package io.kvepp.router.simulation;

import java.util.Arrays;

/// What one replay came to.
///
/// - `hitRate`: share of all prompt tokens that the engines found in their caches
/// - `loadCv`: standard deviation over mean of the time each worker spent computing prompts
/// - `seconds`: from the first arrival to the last end
///
/// Immutable.
record Replay(
        double hitRate,
        double ttftMeanMillis,
        double ttftP50Millis,
        double ttftP99Millis,
        double loadCv,
        double seconds) {
    static Replay of(double[] ttftSeconds, double hitRate, double[] busySeconds, double seconds) {
        double[] sorted = ttftSeconds.clone();
        Arrays.sort(sorted);
        return new Replay(
                hitRate,
                Arrays.stream(sorted).average().orElse(0) * 1e3,
                percentile(sorted, 0.5) * 1e3,
                percentile(sorted, 0.99) * 1e3,
                variation(busySeconds),
                seconds);
    }

    private static double percentile(double[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }

    private static double variation(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return mean == 0 ? 0 : Math.sqrt(squares / values.length) / mean;
    }
}
