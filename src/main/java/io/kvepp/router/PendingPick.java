package io.kvepp.router;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickResult;
import io.kvepp.scheduling.queue.Delivery;
import java.util.function.Consumer;

/// A pick until it is delivered or cancelled, whichever comes first.
///
/// Thread-safe.
final class PendingPick implements PickHandle {
    private final Delivery<PickResult> delivery;

    PendingPick(Consumer<PickResult> listener) {
        delivery = new Delivery<>(listener);
    }

    boolean isCancelled() {
        return delivery.isCancelled();
    }

    /// Hands the result over, or releases it if nobody waits for it any more.
    void deliver(PickResult result) {
        if (!delivery.deliver(result) && result instanceof PickResult.Routed routed) {
            routed.lifecycle().withdrawn();
        }
    }

    /// What a cancellation does from now on; done at once if it was cancelled already.
    void onCancel(Runnable action) {
        delivery.onCancel(action);
    }

    @Override
    public void cancel() {
        delivery.cancel();
    }
}
