package io.kvepp.worker;

import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One live worker instance with the cards of the models it serves (the base model and its LoRA
/// adapters; never empty).
///
/// - `requests`: where it takes requests over the request plane; null when that is not known
/// - `address`: the `ip:port` that serves its requests itself; null when they go through a frontend
///
/// Immutable.
public record Worker(
        long id,
        EndpointId endpoint,
        List<ModelCard> cards,
        @Nullable String address,
        @Nullable RequestAddress requests) {
    /// A worker that takes no requests over the request plane.
    public Worker(long id, EndpointId endpoint, List<ModelCard> cards, @Nullable String address) {
        this(id, endpoint, cards, address, null);
    }

    /// A worker behind a frontend.
    public Worker(long id, EndpointId endpoint, List<ModelCard> cards) {
        this(id, endpoint, cards, null, null);
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
