package io.kvepp.routerservice.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Callers that call as fast as they are answered, on the threads of their client, or once each, on
/// threads of their own.
///
/// *Confined* to one thread, but for [#took].
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

    /// One caller's next turn, which does not block.
    interface Turn {
        /// What ends with it, or fails; null when this caller makes none any more.
        @Nullable
        CompletableFuture<?> next(int number);
    }

    /// A time in microseconds.
    void took(long sample) {
        int at = samples.getAndIncrement();
        if (at < SAMPLES_MAX) {
            micros[at] = (int) Math.min(sample, Integer.MAX_VALUE);
        }
    }

    /// Has so many callers make their turns, each one after another; what they measured.
    Map<String, Object> take(int callers, Turn turn) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(callers);
        long start = System.nanoTime();
        for (int i = 0; i < callers; i++) {
            take(i, turn, ended);
        }
        return measured(ended, start);
    }

    private void take(int number, Turn turn, CountDownLatch ended) {
        @Nullable CompletableFuture<?> next = turn.next(number);
        if (next == null) {
            ended.countDown();
            return;
        }
        var _ = next.whenComplete((_, failure) -> {
            if (failure == null) {
                take(number, turn, ended);
            } else {
                failed(failure);
                ended.countDown();
            }
        });
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
                    failed(e);
                } finally {
                    ended.countDown();
                }
            });
        }
        return measured(ended, start);
    }

    private void failed(Throwable failure) {
        failures.incrementAndGet();
        System.err.println("a caller failed: " + failure);
    }

    private Map<String, Object> measured(CountDownLatch ended, long start) throws InterruptedException {
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
