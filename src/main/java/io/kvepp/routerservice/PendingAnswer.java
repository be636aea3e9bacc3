package io.kvepp.routerservice;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// A selection until it is answered or cancelled, whichever comes first.
///
/// Thread-safe.
final class PendingAnswer implements SelectionHandle {
    private enum State {
        OPEN,
        ANSWERED,
        CANCELLED
    }

    private final Consumer<Answer<Selected>> listener;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final AtomicReference<Runnable> onCancel = new AtomicReference<>(PendingAnswer::nothing);

    PendingAnswer(Consumer<Answer<Selected>> listener) {
        this.listener = listener;
    }

    /// Hands the answer over; `undo` runs instead if nobody waits for it any more.
    void deliver(Answer<Selected> answer, Runnable undo) {
        if (state.compareAndSet(State.OPEN, State.ANSWERED)) {
            listener.accept(answer);
        } else {
            undo.run();
        }
    }

    /// What a cancellation does from now on; done at once if it was cancelled already.
    void onCancel(Runnable action) {
        onCancel.set(action);
        if (state.get() == State.CANCELLED) {
            onCancel.getAndSet(PendingAnswer::nothing).run();
        }
    }

    @Override
    public void cancel() {
        if (state.compareAndSet(State.OPEN, State.CANCELLED)) {
            onCancel.getAndSet(PendingAnswer::nothing).run();
        }
    }

    private static void nothing() {}
}
