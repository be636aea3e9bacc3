package io.kvepp.discovery.registered;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.worker.WorkerSet;
import java.util.function.Consumer;

/// The discovery of a process whose workers are all registered: it finds none.
///
/// Thread-safe.
public final class NothingFound implements WorkerDiscovery {
    private volatile boolean synced;

    @Override
    public void start(Consumer<WorkerSet> listener) {
        listener.accept(WorkerSet.EMPTY);
        synced = true;
    }

    @Override
    public boolean synced() {
        return synced;
    }

    @Override
    public void close() {
        // Nothing is watched.
    }
}
