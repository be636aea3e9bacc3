package io.kvepp.discovery.etcd;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What one watch has told and nobody has taken yet. When too much waits, the watch is lost.
///
/// Thread-safe.
final class EtcdChanges implements EtcdStore.Listener {
    static final int WAITING_MAX = 65_536;

    private final BlockingQueue<Change> waiting = new LinkedBlockingQueue<>(WAITING_MAX);
    private volatile @Nullable String loss;

    private sealed interface Change {
        record Put(String key, byte[] value) implements Change {}

        record Deleted(String key) implements Change {}

        /// Wakes up who waits for changes.
        record Lost() implements Change {}
    }

    @Override
    public void put(String key, byte[] value) {
        add(new Change.Put(key, value));
    }

    @Override
    public void deleted(String key) {
        add(new Change.Deleted(key));
    }

    @Override
    public void lost(String why) {
        if (loss == null) {
            loss = why;
        }
        waiting.offer(new Change.Lost());
    }

    /// Why the watch is of no use any more, or null.
    @Nullable
    String loss() {
        return loss;
    }

    /// Waits for the first change, then gathers those of a moment and makes them; false when none
    /// came in time.
    boolean applyTo(EtcdEntries entries, Duration wait, Duration gather) throws InterruptedException {
        @Nullable Change first = waiting.poll(wait.toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) {
            return false;
        }
        List<Change> changes = new ArrayList<>(List.of(first));
        if (loss == null) {
            TimeUnit.MILLISECONDS.sleep(gather.toMillis());
        }
        waiting.drainTo(changes);
        for (Change change : changes) {
            switch (change) {
                case Change.Put(var key, var value) -> entries.put(key, value);
                case Change.Deleted(var key) -> entries.remove(key);
                case Change.Lost() -> {}
            }
        }
        return true;
    }

    private void add(Change change) {
        if (!waiting.offer(change)) {
            lost("more than " + WAITING_MAX + " changes at once");
        }
    }
}
