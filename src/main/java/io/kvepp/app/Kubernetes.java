package io.kvepp.app;

import io.kvepp.kube.KubeStore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The one connection to the API server, made when something first needs it.
///
/// Thread-safe.
final class Kubernetes implements AutoCloseable {
    private final Supplier<KubeStore> server;
    private @Nullable KubeStore api;

    /// `server`: connects
    Kubernetes(Supplier<KubeStore> server) {
        this.server = server;
    }

    /// @throws io.kvepp.config.ConfigurationException when it is not said where the API server is
    synchronized KubeStore api() {
        KubeStore made = api == null ? server.get() : api;
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
