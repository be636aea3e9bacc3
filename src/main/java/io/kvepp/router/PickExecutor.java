package io.kvepp.router;

import java.util.concurrent.RejectedExecutionException;

/// Runs decisions that take too long for the thread that asks.
///
/// Thread-safe.
@FunctionalInterface
public interface PickExecutor {
    /// Runs the decision about a body of so many bytes, now or later.
    ///
    /// @throws RejectedExecutionException when too many wait already
    void execute(int bodyBytes, Runnable decision);
}
