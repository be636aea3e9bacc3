package io.kvepp.kvcache.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Times of single lookups, in nanoseconds. Of more than [#KEPT_MAX] the newest are kept.
///
/// *Confined* to one thread.
final class Samples {
    static final int KEPT_MAX = 1 << 22;

    private int[] nanos = new int[1 << 12];
    private long taken;

    void add(long elapsedNanos) {
        if (taken == nanos.length && nanos.length < KEPT_MAX) {
            nanos = Arrays.copyOf(nanos, 2 * nanos.length);
        }
        nanos[(int) (taken++ % KEPT_MAX)] = (int) Math.min(elapsedNanos, Integer.MAX_VALUE);
    }

    /// Their number, and percentiles in microseconds by nearest rank, which are null without
    /// samples.
    Map<String, @Nullable Object> summary() {
        int[] sorted = Arrays.copyOf(nanos, (int) Math.min(taken, nanos.length));
        Arrays.sort(sorted);
        Map<String, @Nullable Object> summary = new LinkedHashMap<>();
        summary.put("lookups", taken);
        summary.put("p50_us", micros(sorted, 0.5));
        summary.put("p99_us", micros(sorted, 0.99));
        summary.put("p999_us", micros(sorted, 0.999));
        return summary;
    }

    private static @Nullable Double micros(int[] sorted, double share) {
        if (sorted.length == 0) {
            return null;
        }
        int rank = Math.max(1, (int) Math.ceil(share * sorted.length));
        return sorted[rank - 1] / 1e3;
    }
}
