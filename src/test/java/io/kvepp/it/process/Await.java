package io.kvepp.it.process;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for conditions of other processes, always with a deadline.
///
/// Thread-safe.
public final class Await {
    private static final Duration POLL = Duration.ofMillis(10);

    private Await() {}

    /// Waits until `condition` holds; fails with `what` when it does not in time.
    public static void until(String what, Duration limit, BooleanSupplier condition) {
        present(what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    /// Waits until `supplier` has a value, and returns it.
    public static <T> T present(String what, Duration limit, Supplier<Optional<T>> supplier) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<T> value = supplier.get();
            if (value.isPresent()) {
                return value.get();
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + limit.toMillis() + " ms: " + what);
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }
}
