package io.kvepp.picker;

import java.util.List;
import java.util.Optional;

/// What an operator may look at.
///
/// Thread-safe; every call is a snapshot.
public interface PickerInspection {
    /// The explanation of a recent pick.
    Optional<PickExplanation> explanation(String requestId);

    /// The most recent explanations, newest first.
    List<PickExplanation> explanations(int countMax);

    List<ModelRow> models();

    List<WorkerRow> workers();

    /// Bookings that are not released.
    int bookings();

    /// A model and whether its prompts can be read: `ready`, `loading` or `failed`, the last with a
    /// reason.
    record ModelRow(String name, String state, String reason) {}

    /// A worker rank and what is under way on it.
    record WorkerRow(
            String workerId,
            int dpRank,
            String role,
            String model,
            int activeRequests,
            long activePrefillTokens,
            long activeDecodeBlocks) {}
}
