package io.kvepp.admin;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.PickerInspection;
import java.util.List;
import java.util.function.Supplier;

/// Where the pages of an [AdminServer] come from. Every supplier is thread-safe.
public record AdminSources(
        EppMetrics metrics,
        PickerInspection inspection,
        Supplier<ReadinessReport> readiness,
        Supplier<List<EventSourceRow>> eventSources) {}
