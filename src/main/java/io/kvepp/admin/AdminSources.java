package io.kvepp.admin;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.PickerInspection;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.Supplier;

/// Where the pages of an [AdminServer] come from. Every one is thread-safe.
public record AdminSources(
        EppMetrics metrics,
        PickerInspection inspection,
        Supplier<ReadinessReport> readiness,
        Supplier<List<EventSourceRow>> eventSources,
        IndexDump dump,
        BusyThresholds thresholds) {
    /// Writes the index as JSON, piece by piece. Thread-safe.
    @FunctionalInterface
    public interface IndexDump {
        /// Writes all of it; does not close `out`.
        ///
        /// @throws IOException when `out` fails
        void writeTo(OutputStream out) throws IOException;
    }
}
