package io.kvepp.router;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// Runs its tasks on the threads of another executor, but never on all of them: long tasks wait for
/// one another, and short ones of that executor for none of them.
///
/// Thread-safe.
final class FewAtATime implements Executor {
    private final Executor threads;
    private final int runningMax;
    private final int waitingMax;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private int running;

    FewAtATime(Executor threads, int runningMax, int waitingMax) {
        this.threads = threads;
        this.runningMax = runningMax;
        this.waitingMax = waitingMax;
    }

    /// @throws RejectedExecutionException when too many wait, or when the other executor refuses
    @Override
    public void execute(Runnable task) {
        synchronized (waiting) {
            if (running == runningMax) {
                if (waiting.size() >= waitingMax) {
                    throw new RejectedExecutionException("waiting: " + waitingMax);
                }
                waiting.add(task);
                return;
            }
            running++;
        }
        try {
            threads.execute(() -> run(task));
        } catch (RejectedExecutionException e) {
            synchronized (waiting) {
                running--;
            }
            throw e;
        }
    }

    private void run(Runnable first) {
        for (@Nullable Runnable task = first; task != null; ) {
            try {
                task.run();
            } finally {
                task = next();
            }
        }
    }

    /// What this thread goes on with: nothing when the next task waits for its turn behind others.
    private @Nullable Runnable next() {
        Runnable next;
        synchronized (waiting) {
            if (waiting.isEmpty()) {
                running--;
                return null;
            }
            next = waiting.remove();
        }
        try {
            threads.execute(() -> run(next));
            return null;
        } catch (RejectedExecutionException e) {
            return next;
        }
    }
}
