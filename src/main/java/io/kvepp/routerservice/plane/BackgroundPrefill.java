package io.kvepp.routerservice.plane;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A prefill hop that goes on beside the decode hop. It is never cut short, not even when the caller
/// leaves: an interrupted transfer would leave its blocks behind for ever.
///
/// Thread-safe.
final class BackgroundPrefill {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundPrefill.class);

    private final List<Runnable> failureActions = new ArrayList<>();
    private @Nullable HopFailure failure;

    /// The rest of the hop.
    interface Task {
        void run() throws HopFailure;
    }

    static BackgroundPrefill start(Task task) {
        BackgroundPrefill prefill = new BackgroundPrefill();
        Thread.ofVirtual().name("generate-prefill").start(() -> prefill.run(task));
        return prefill;
    }

    /// Runs `action` when the hop has failed, at once if it has.
    void onFailure(Runnable action) {
        synchronized (this) {
            if (failure == null) {
                failureActions.add(action);
                return;
            }
        }
        action.run();
    }

    /// Null unless it has failed.
    synchronized @Nullable HopFailure failure() {
        return failure;
    }

    private void run(Task task) {
        try {
            task.run();
        } catch (HopFailure e) {
            LOG.warn("a prefill that goes on in the background failed: {}", e.getMessage());
            fail(e);
        }
    }

    private void fail(HopFailure e) {
        List<Runnable> actions;
        synchronized (this) {
            failure = e;
            actions = List.copyOf(failureActions);
            failureActions.clear();
        }
        actions.forEach(Runnable::run);
    }
}
