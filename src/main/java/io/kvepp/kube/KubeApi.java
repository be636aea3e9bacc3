package io.kvepp.kube;

/// What an API server tells.
///
/// Thread-safe.
public interface KubeApi extends AutoCloseable {
    /// The namespace this process runs in.
    String namespace();

    /// Starts to watch; returns at once, and tries for as long as it takes. What cannot be read (no
    /// such kind, no permission) is counted and logged once.
    ///
    /// @param onChange called after every change, and when the watch is synced; must be quick
    KubeWatch watch(KubeKind kind, KubeScope scope, Runnable onChange);

    /// Ends all watches.
    @Override
    void close();
}
