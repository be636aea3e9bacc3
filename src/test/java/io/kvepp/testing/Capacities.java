package io.kvepp.testing;

import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.ModelCard;

/// Workers that say how much they can take.
public final class Capacities {
    private Capacities() {}

    /// The worker with a cache of so many blocks a rank, that computes so many prompt tokens at
    /// once.
    public static Worker sized(Worker worker, int totalKvBlocks, int maxNumBatchedTokens) {
        return new Worker(
                worker.id(),
                worker.endpoint(),
                worker.cards().stream()
                        .map(card -> sized(card, totalKvBlocks, maxNumBatchedTokens))
                        .toList(),
                worker.address(),
                worker.requests());
    }

    private static ModelCard sized(ModelCard card, int totalKvBlocks, int maxNumBatchedTokens) {
        return new ModelCard(
                card.name(),
                card.aliases(),
                card.loraName(),
                card.role(),
                card.cache(),
                new EngineLimits(card.limits().contextLengthTokens(), totalKvBlocks, maxNumBatchedTokens),
                card.ranks(),
                card.prompt(),
                card.routing(),
                card.files());
    }
}
