package io.kvepp.worker;

import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Gathers the ranks of one model.
///
/// Confined to one update of the [WorkerDirectory].
final class ModelWorkersBuilder {
    private final List<ModelCard> servingCards = new ArrayList<>();
    private final List<ModelCard> prefillCards = new ArrayList<>();
    private final Set<String> aliases = new LinkedHashSet<>();
    private final List<RankSlot> aggregated = new ArrayList<>();
    private final List<RankSlot> prefill = new ArrayList<>();
    private final List<RankSlot> decode = new ArrayList<>();

    void addCard(ModelCard card) {
        aliases.addAll(card.aliases());
        switch (card.role()) {
            case AGGREGATED, DECODE -> servingCards.add(card);
            case PREFILL -> prefillCards.add(card);
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
        @Nullable ModelCard prefillCard = usual(prefillCards);
        @Nullable ModelCard servingCard = usual(servingCards);
        ModelCard card = servingCard == null ? prefillCard : servingCard;
        return card == null ? null : new ModelWorkers(card, prefillCard, aggregated, prefill, decode);
    }

    /// The first card of those that cut prompts as most do: a worker started with other blocks by
    /// mistake must not decide for all. Null when there is none.
    private static @Nullable ModelCard usual(List<ModelCard> cards) {
        Map<Integer, Integer> counts = new HashMap<>();
        @Nullable ModelCard usual = null;
        int most = 0;
        for (ModelCard card : cards) {
            most = Math.max(most, counts.merge(card.cache().blockSizeTokens(), 1, Integer::sum));
        }
        for (ModelCard card : cards) {
            if (usual == null && counts.getOrDefault(card.cache().blockSizeTokens(), 0) == most) {
                usual = card;
            }
        }
        return usual;
    }
}
