package io.kvepp.admin;

import io.kvepp.picker.PickerInspection;
import io.kvepp.picker.PickerInspection.WorkerRow;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Joins what the router and the event sources know of each rank.
final class WorkerPage {
    private WorkerPage() {}

    /// A rank's row; the last four are null for a rank that publishes no events.
    record Row(
            String workerId,
            int dpRank,
            String role,
            String model,
            int activeRequests,
            long activePrefillTokens,
            long activeDecodeBlocks,
            @Nullable Boolean connected,
            @Nullable String eventState,
            @Nullable Long lastEventId,
            @Nullable Long gaps) {}

    static List<Row> rows(PickerInspection inspection, List<EventSourceRow> sources) {
        Map<String, EventSourceRow> byRank = new HashMap<>();
        sources.forEach(source -> byRank.put(source.workerId() + ":" + source.dpRank(), source));
        return inspection.workers().stream()
                .map(worker -> row(worker, byRank.get(worker.workerId() + ":" + worker.dpRank())))
                .toList();
    }

    private static Row row(WorkerRow worker, @Nullable EventSourceRow source) {
        return new Row(
                worker.workerId(),
                worker.dpRank(),
                worker.role(),
                worker.model(),
                worker.activeRequests(),
                worker.activePrefillTokens(),
                worker.activeDecodeBlocks(),
                source == null ? null : source.connected(),
                source == null ? null : source.state(),
                source == null ? null : source.lastEventId(),
                source == null ? null : source.gaps());
    }
}
