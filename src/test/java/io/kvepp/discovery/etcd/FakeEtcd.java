package io.kvepp.discovery.etcd;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An etcd in memory with at most one watch, which a test can take away, set back and compact.
///
/// Thread-safe.
final class FakeEtcd implements EtcdStore {
    private final Map<String, byte[]> entries = new HashMap<>();
    private long revision = 1;
    private boolean away;
    private boolean deaf;
    private int reads;
    private @Nullable Listener listener;

    synchronized void put(String key, byte[] value) {
        entries.put(key, value);
        revision++;
        if (listener != null && !deaf) {
            listener.put(key, value);
        }
    }

    synchronized void delete(String key) {
        entries.remove(key);
        revision++;
        if (listener != null && !deaf) {
            listener.deleted(key);
        }
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
        return () -> end(watching);
    }

    @Override
    public void close() {}

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
