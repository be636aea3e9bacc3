package io.kvepp.scheduling.queue;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// A result that somebody waits for, until it is delivered or given up, whichever comes first.
///
/// The listener runs at most once, on the thread that delivers.
///
/// Thread-safe.
public final class Delivery<T> {
    private enum State {
        OPEN,
        DELIVERED,
        CANCELLED
    }

    private final Consumer<T> listener;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final AtomicReference<Runnable> onCancel = new AtomicReference<>(Delivery::nothing);

    public Delivery(Consumer<T> listener) {
        this.listener = listener;
    }

    /// Hands the result over; false when nobody waits for it any more, so that the caller has to give
    /// back what it holds.
    public boolean deliver(T result) {
        boolean awaited = state.compareAndSet(State.OPEN, State.DELIVERED);
        if (awaited) {
            listener.accept(result);
        }
        return awaited;
    }

    public boolean isCancelled() {
        return state.get() == State.CANCELLED;
    }

    /// What a cancellation does from now on; done at once if it was cancelled already.
    public void onCancel(Runnable action) {
        onCancel.set(action);
        if (isCancelled()) {
            onCancel.getAndSet(Delivery::nothing).run();
        }
    }

    /// Nobody waits any more. A no-op once the result was delivered.
    public void cancel() {
        if (state.compareAndSet(State.OPEN, State.CANCELLED)) {
            onCancel.getAndSet(Delivery::nothing).run();
        }
    }

    private static void nothing() {}
}
