package io.kvepp.kube;

import java.util.List;

/// The objects of one scope, kept up to date.
///
/// While the API server cannot be reached the last known objects stay; afterwards, and when it no
/// longer knows where the watch stood (410 Gone), everything is listed anew.
///
/// Thread-safe.
public interface KubeWatch extends AutoCloseable {
    /// True once all objects have been seen, and ever after.
    boolean synced();

    /// False while the API server tells of no changes: it cannot be reached, or refuses.
    boolean connected();

    /// The objects that exist, sorted by name. Those not seen yet are missing before [#synced].
    List<KubeObject> objects();

    /// Stops watching. A call of the watch's listener that is under way may still end.
    @Override
    void close();
}
