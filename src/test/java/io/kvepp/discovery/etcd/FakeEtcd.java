package io.kvepp.discovery.etcd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An etcd in memory with at most one watch, which a test can take away, set back and compact.
///
/// A watch begins with the changes after the revision it names, as a real server's does: what is
/// written between a read and its watch is not lost.
///
/// Thread-safe.
final class FakeEtcd implements EtcdStore {
    /// A change and the revision it made.
    private record Change(long revision, Consumer<Listener> telling) {}

    private final Map<String, byte[]> entries = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private long revision = 1;
    private boolean away;
    private boolean deaf;
    private int reads;
    private @Nullable Listener listener;

    synchronized void put(String key, byte[] value) {
        entries.put(key, value);
        changed(watching -> watching.put(key, value));
    }

    synchronized void delete(String key) {
        entries.remove(key);
        changed(watching -> watching.deleted(key));
    }

    /// Nothing is answered, and the watch tells nothing.
    synchronized void goAway() {
        away = true;
        deaf = true;
    }

    synchronized void comeBack() {
        away = false;
    }

    /// The watch tells nothing more, and does not say so.
    synchronized void stopTelling() {
        deaf = true;
    }

    synchronized void loseWatch(String why) {
        if (listener != null) {
            listener.lost(why);
        }
    }

    synchronized void setBack(long earlier) {
        revision = earlier;
        changes.clear();
    }

    /// How often everything was read.
    synchronized int reads() {
        return reads;
    }

    @Override
    public synchronized Snapshot read() throws IOException {
        answer();
        reads++;
        return new Snapshot(revision, Map.copyOf(entries));
    }

    @Override
    public synchronized long revision() throws IOException {
        answer();
        return revision;
    }

    @Override
    public synchronized Watch watch(long after, Listener watching) {
        listener = watching;
        deaf = false;
        for (Change change : changes) {
            if (change.revision > after) {
                change.telling.accept(watching);
            }
        }
        return () -> end(watching);
    }

    @Override
    public void close() {}

    private void changed(Consumer<Listener> telling) {
        revision++;
        changes.add(new Change(revision, telling));
        if (listener != null && !deaf) {
            telling.accept(listener);
        }
    }

    private void answer() throws IOException {
        if (away) {
            throw new IOException("away");
        }
    }

    private synchronized void end(Listener watching) {
        if (watching.equals(listener)) {
            listener = null;
        }
        watching.lost("ended");
    }
}
