package io.kvepp.discovery.etcd;

import java.io.IOException;
import java.util.Map;

/// What discovery needs of etcd.
///
/// Thread-safe.
interface EtcdStore extends AutoCloseable {
    /// Everything in the buckets at one revision.
    record Snapshot(long revision, Map<String, byte[]> entries) {}

    /// Called on any thread, in the order of revisions within one bucket.
    interface Listener {
        void put(String key, byte[] value);

        void deleted(String key);

        /// The watch has ended, or may have missed something.
        void lost(String why);
    }

    /// A watch under way.
    @FunctionalInterface
    interface Watch {
        void end();
    }

    /// Everything there is now.
    ///
    /// @throws IOException when etcd does not answer in time, or refuses
    Snapshot read() throws IOException, InterruptedException;

    /// The newest revision.
    ///
    /// @throws IOException when etcd does not answer in time, or refuses
    long revision() throws IOException, InterruptedException;

    /// Tells everything that happens after a revision.
    Watch watch(long revision, Listener listener);

    @Override
    void close();
}
