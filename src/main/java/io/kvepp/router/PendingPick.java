package io.kvepp.router;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickResult;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// A pick until it is delivered or cancelled, whichever comes first.
///
/// Thread-safe.
final class PendingPick implements PickHandle {
    private enum State {
        OPEN,
        DELIVERED,
        CANCELLED
    }

    private final Consumer<PickResult> listener;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final AtomicReference<Runnable> onCancel = new AtomicReference<>(PendingPick::nothing);

    PendingPick(Consumer<PickResult> listener) {
        this.listener = listener;
    }

    boolean isCancelled() {
        return state.get() == State.CANCELLED;
    }

    /// Hands the result over, or releases it if nobody waits for it any more.
    void deliver(PickResult result) {
        if (state.compareAndSet(State.OPEN, State.DELIVERED)) {
            listener.accept(result);
        } else if (result instanceof PickResult.Routed routed) {
            routed.lifecycle().withdrawn();
        }
    }

    /// What a cancellation does from now on; done at once if it was cancelled already.
    void onCancel(Runnable action) {
        onCancel.set(action);
        if (isCancelled()) {
            onCancel.getAndSet(PendingPick::nothing).run();
        }
    }

    @Override
    public void cancel() {
        if (state.compareAndSet(State.OPEN, State.CANCELLED)) {
            onCancel.getAndSet(PendingPick::nothing).run();
        }
    }

    private static void nothing() {}
}
