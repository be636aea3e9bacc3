package io.kvepp.worker;

import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One live worker instance with the cards of the models it serves (the base model and its LoRA
/// adapters; never empty).
///
/// - `address`: the `ip:port` that serves its requests itself; null when they go through a frontend
///
/// Immutable.
public record Worker(
        long id,
        EndpointId endpoint,
        List<ModelCard> cards,
        @Nullable String address) {
    /// A worker behind a frontend.
    public Worker(long id, EndpointId endpoint, List<ModelCard> cards) {
        this(id, endpoint, cards, null);
    }

    public Worker {
        cards = List.copyOf(cards);
        if (cards.isEmpty()) {
            throw new IllegalArgumentException("cards: [] (expected: at least one)");
        }
    }

    /// The base model's card: the first without a LoRA name, else the first.
    public ModelCard baseCard() {
        for (ModelCard card : cards) {
            if (card.loraName() == null) {
                return card;
            }
        }
        return cards.getFirst();
    }
}
