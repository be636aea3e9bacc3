package io.kvepp.app;

import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import io.kvepp.kube.KubeStore;
import io.kvepp.metrics.EppMetrics;
import org.jspecify.annotations.Nullable;

/// The one connection to the API server, made when something first needs it.
///
/// Thread-safe.
final class Kubernetes implements AutoCloseable {
    private final KubeConfig config;
    private final EppMetrics metrics;
    private @Nullable KubeStore api;

    Kubernetes(KubeConfig config, EppMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
    }

    /// @throws io.kvepp.config.ConfigurationException when it is not said where the API server is
    synchronized KubeStore api() {
        KubeStore made = api == null ? new KubeClient(config, metrics) : api;
        api = made;
        return made;
    }

    @Override
    public synchronized void close() {
        if (api != null) {
            api.close();
        }
    }
}
