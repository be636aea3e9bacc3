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

    /// What is to stay true is looked at less often: it is asked of a process that has work to do.
    private static final Duration LOOK = Duration.ofMillis(200);

    private Await() {}

    /// Waits until `condition` holds; fails with `what` when it does not in time.
    public static void until(String what, Duration limit, BooleanSupplier condition) {
        present(what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    /// Looks at `condition` until the time is over; fails with `what` as soon as it does not hold.
    public static void always(String what, Duration time, BooleanSupplier condition) {
        long end = System.nanoTime() + time.toNanos();
        while (condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return;
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
        throw new AssertionError("not for " + time.toMillis() + " ms: " + what);
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
