package io.kvepp.worker;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Gathers the ranks of one model.
///
/// Confined to one update of the [WorkerDirectory].
final class ModelWorkersBuilder {
    private @Nullable ModelCard servingCard;
    private @Nullable ModelCard prefillCard;
    private final Set<String> aliases = new LinkedHashSet<>();
    private final List<RankSlot> aggregated = new ArrayList<>();
    private final List<RankSlot> prefill = new ArrayList<>();
    private final List<RankSlot> decode = new ArrayList<>();

    void addCard(ModelCard card) {
        aliases.addAll(card.aliases());
        switch (card.role()) {
            case AGGREGATED, DECODE -> servingCard = servingCard == null ? card : servingCard;
            case PREFILL -> prefillCard = prefillCard == null ? card : prefillCard;
            case ENCODE -> {}
        }
    }

    void addRank(WorkerRole role, RankSlot rank) {
        switch (role) {
            case AGGREGATED -> aggregated.add(rank);
            case PREFILL -> prefill.add(rank);
            case DECODE -> decode.add(rank);
            case ENCODE -> {}
        }
    }

    Set<String> aliases() {
        return aliases;
    }

    /// Null when only encoders know the model.
    @Nullable
    ModelWorkers build() {
        ModelCard card = servingCard == null ? prefillCard : servingCard;
        return card == null ? null : new ModelWorkers(card, prefillCard, aggregated, prefill, decode);
    }
}
