package io.kvepp.routerservice.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// Callers that call as fast as they are answered, or once each.
///
/// *Confined* to one thread; the callers have threads of their own.
final class Callers {
    private static final int SAMPLES_MAX = 1 << 20;

    private final int[] micros = new int[SAMPLES_MAX];
    private final AtomicInteger samples = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();

    /// One caller's work.
    interface Caller {
        /// `number` is its own.
        void run(int number) throws Exception;
    }

    /// A time in microseconds.
    void took(long sample) {
        int at = samples.getAndIncrement();
        if (at < SAMPLES_MAX) {
            micros[at] = (int) Math.min(sample, Integer.MAX_VALUE);
        }
    }

    /// Runs so many callers at a time until each has returned; what they measured.
    Map<String, Object> run(int callers, Caller caller) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(callers);
        long start = System.nanoTime();
        for (int i = 0; i < callers; i++) {
            int number = i;
            Thread.startVirtualThread(() -> {
                try {
                    caller.run(number);
                } catch (Exception e) {
                    failures.incrementAndGet();
                    System.err.println("a caller failed: " + e);
                } finally {
                    ended.countDown();
                }
            });
        }
        ended.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        int[] sorted = Arrays.copyOf(micros, Math.min(samples.get(), SAMPLES_MAX));
        Arrays.sort(sorted);
        return Map.of(
                "count", samples.get(),
                "seconds", seconds,
                "failures", failures.get(),
                "p50_us", percentile(sorted, 0.5),
                "p99_us", percentile(sorted, 0.99));
    }

    private static int percentile(int[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
