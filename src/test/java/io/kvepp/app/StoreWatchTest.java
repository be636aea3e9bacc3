package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class StoreWatchTest {
    private boolean connected;

    @Test
    void eachLossIsCountedOnceAndAStoreThatWasNeverThereIsNotLost() {
        try (EppMetrics metrics = new EppMetrics()) {
            StoreWatch watch = new StoreWatch(new Store(), metrics);
            for (boolean now : new boolean[] {false, false, true, true, false, false, true, false}) {
                connected = now;
                watch.tick();
            }

            assertThat(metrics.scrape()).contains("kv_epp_discovery_lost_total 2.0");
        }
    }

    private final class Store implements WorkerDiscovery {
        @Override
        public void start(Consumer<WorkerSet> listener) {}

        @Override
        public boolean synced() {
            return true;
        }

        @Override
        public boolean connected() {
            return connected;
        }

        @Override
        public void close() {}
    }
}
