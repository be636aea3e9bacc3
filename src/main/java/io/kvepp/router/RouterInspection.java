package io.kvepp.router;

import io.kvepp.load.WorkerLoad;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickerInspection;
import io.kvepp.preprocess.PreprocessorState;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What a [KvRouter] shows to operators.
///
/// Thread-safe.
public final class RouterInspection implements PickerInspection {
    private final Supplier<RoutingTable> table;
    private final RouterParts parts;
    private final PickHistory history;

    RouterInspection(Supplier<RoutingTable> table, RouterParts parts, PickHistory history) {
        this.table = table;
        this.parts = parts;
        this.history = history;
    }

    @Override
    public Optional<PickExplanation> explanation(String requestId) {
        return history.find(requestId).map(Decision::explain);
    }

    @Override
    public List<PickExplanation> explanations(int countMax) {
        return history.newest(countMax).stream().map(Decision::explain).toList();
    }

    @Override
    public List<ModelRow> models() {
        return workersByModel().stream().map(this::modelRow).toList();
    }

    @Override
    public List<WorkerRow> workers() {
        List<WorkerRow> rows = new ArrayList<>();
        for (ModelWorkers workers : workersByModel()) {
            workers.aggregated().forEach(rank -> rows.add(workerRow(workers, "AGGREGATED", rank)));
            workers.prefill().forEach(rank -> rows.add(workerRow(workers, "PREFILL", rank)));
            workers.decode().forEach(rank -> rows.add(workerRow(workers, "DECODE", rank)));
        }
        return rows;
    }

    @Override
    public int bookings() {
        return parts.active().reservations();
    }

    private List<ModelWorkers> workersByModel() {
        return table.get().directory().models().values().stream()
                .sorted((first, second) -> first.model().compareTo(second.model()))
                .toList();
    }

    private ModelRow modelRow(ModelWorkers workers) {
        return switch (parts.preprocessors().stateOf(workers.card())) {
            case PreprocessorState.Loading() -> new ModelRow(workers.model(), "loading", "");
            case PreprocessorState.Ready(var _) -> new ModelRow(workers.model(), "ready", "");
            case PreprocessorState.Failed(var reason) -> new ModelRow(workers.model(), "failed", reason);
        };
    }

    private WorkerRow workerRow(ModelWorkers workers, String role, RankSlot rank) {
        WorkerLoad load = parts.active().load(rank.slot());
        return new WorkerRow(
                Long.toUnsignedString(rank.worker().workerId()),
                rank.worker().dpRank(),
                role,
                workers.model(),
                load.activeRequests(),
                load.activePrefillTokens(),
                load.activeBlocks());
    }
}
