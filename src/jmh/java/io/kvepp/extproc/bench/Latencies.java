package io.kvepp.extproc.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Times of many requests.
///
/// *Thread-safe.*
final class Latencies {
    private long[] nanos = new long[1 << 12];
    private int count;
    private long failed;

    synchronized void add(long time) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = time;
    }

    synchronized void failed() {
        failed++;
    }

    /// `requests`, `failed`, `rps`, `p50_ms`, `p99_ms`
    synchronized Map<String, Object> figures(double seconds) {
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("requests", count);
        figures.put("failed", failed);
        figures.put("rps", count / seconds);
        figures.put("p50_ms", millis(sorted, 0.5));
        figures.put("p99_ms", millis(sorted, 0.99));
        return figures;
    }

    private static double millis(long[] sorted, double share) {
        return sorted.length == 0 ? -1 : sorted[(int) Math.ceil(share * sorted.length) - 1] / 1e6;
    }
}
