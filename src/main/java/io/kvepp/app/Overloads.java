package io.kvepp.app;

import io.kvepp.admin.BusyThresholds;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.signals.EngineLoads;
import io.kvepp.scheduling.overload.EngineSigns;
import io.kvepp.scheduling.overload.OverloadMonitor;
import io.kvepp.scheduling.overload.OverloadThresholds;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// Which workers are overloaded, what their engines say of it, and the thresholds an operator may
/// change.
///
/// Thread-safe. Owns the loads of engines.
final class Overloads implements BusyThresholds, AutoCloseable {
    private final EngineLoads engines;
    private final OverloadMonitor monitor;
    private final Supplier<Set<String>> models;

    /// `models`: names of those that are served now
    Overloads(
            OverloadThresholds thresholds, ActiveSequences active, EngineLoads engines, Supplier<Set<String>> models) {
        this.engines = engines;
        monitor = new OverloadMonitor(thresholds, active, new Signs(engines));
        this.models = models;
    }

    private record Signs(EngineLoads engines) implements EngineSigns {
        @Override
        public long usedBlocks(int slot) {
            return engines.usedBlocks(slot);
        }

        @Override
        public double usedShare(int slot) {
            return engines.usedShare(slot);
        }

        @Override
        public int waitingRequests(int slot) {
            return engines.waitingRequests(slot);
        }
    }

    void start() {
        listen();
    }

    OverloadMonitor monitor() {
        return monitor;
    }

    EngineLoads engines() {
        return engines;
    }

    @Override
    public List<Row> all() {
        return models.get().stream()
                .filter(model -> !monitor.thresholds(model).isNone())
                .sorted()
                .map(this::of)
                .toList();
    }

    @Override
    public Row of(String model) {
        OverloadThresholds thresholds =
                models.get().contains(model) ? monitor.thresholds(model) : OverloadThresholds.NONE;
        return new Row(model, thresholds.decodeBlocks(), thresholds.prefillTokens(), thresholds.prefillTokensFrac());
    }

    @Override
    public Optional<Row> change(Row changes) {
        OverloadThresholds thresholds =
                new OverloadThresholds(changes.decodeBlocks(), changes.prefillTokens(), changes.prefillTokensFrac());
        if (!models.get().contains(changes.model())) {
            return Optional.empty();
        }
        monitor.change(changes.model(), thresholds);
        listen();
        return Optional.of(of(changes.model()));
    }

    @Override
    public void close() {
        engines.close();
    }

    private void listen() {
        if (monitor.watchesBlocks()) {
            engines.wantBlocks();
        }
        if (monitor.watchesWaiting()) {
            engines.wantRequests();
        }
    }
}
