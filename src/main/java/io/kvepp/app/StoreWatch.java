package io.kvepp.app;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.metrics.EppMetrics;

/// Counts how often the store of workers is lost.
///
/// Confined to the thread that ticks.
final class StoreWatch {
    private final WorkerDiscovery discovery;
    private final EppMetrics metrics;
    private boolean wasConnected;

    StoreWatch(WorkerDiscovery discovery, EppMetrics metrics) {
        this.discovery = discovery;
        this.metrics = metrics;
    }

    void tick() {
        boolean connected = discovery.connected();
        if (wasConnected && !connected) {
            metrics.discoveryLost();
        }
        wasConnected = connected;
    }
}
