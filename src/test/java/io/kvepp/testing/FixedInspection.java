package io.kvepp.testing;

import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickerInspection;
import java.util.List;
import java.util.Optional;

/// An inspection that shows what it was given.
public record FixedInspection(List<PickExplanation> picks, List<ModelRow> models, List<WorkerRow> workers, int bookings)
        implements PickerInspection {
    @Override
    public Optional<PickExplanation> explanation(String requestId) {
        return picks.stream().filter(pick -> pick.requestId().equals(requestId)).findFirst();
    }

    @Override
    public List<PickExplanation> explanations(int countMax) {
        return picks.stream().limit(countMax).toList();
    }
}
