package io.kvepp.worker;

import io.kvepp.worker.card.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who serves one model now, by role.
///
/// - `card`: how requests for the model are read: the card of an aggregated or decode worker, else
///   of a prefill worker
/// - `prefillCard`: the card of a prefill worker, null when there is none
/// - `aggregated`, `prefill`, `decode`: ranks, sorted by worker and rank
///
/// Immutable.
public record ModelWorkers(
        ModelCard card,
        @Nullable ModelCard prefillCard,
        List<RankSlot> aggregated,
        List<RankSlot> prefill,
        List<RankSlot> decode) {
    public ModelWorkers {
        aggregated = List.copyOf(aggregated);
        prefill = List.copyOf(prefill);
        decode = List.copyOf(decode);
    }

    public String model() {
        return card.name();
    }
}
