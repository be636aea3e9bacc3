package io.kvepp.discovery;

import io.kvepp.worker.WorkerSet;
import java.util.function.Consumer;

/// Watches a store of workers.
///
/// - Nothing happens before [#start]; the constructor neither reads nor starts a thread.
/// - The listener gets the full set, only when it differs from the one before, always on one thread
///   at a time. The first set comes even when empty.
/// - Entries that cannot be read are counted and skipped; the last good value of an entry that
///   becomes unreadable is kept while it is alive.
///
/// Thread-safe.
public interface WorkerDiscovery extends AutoCloseable {
    /// Called once.
    void start(Consumer<WorkerSet> listener);

    /// True once the first full set has been delivered.
    boolean synced();

    /// False while the store cannot be reached; what was last told stays in force meanwhile.
    default boolean connected() {
        return true;
    }

    /// Stops watching; the listener is not called after it returns.
    @Override
    void close();
}
