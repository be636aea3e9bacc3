package io.kvepp.worker.card;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a worker says of one model it serves (Dynamo's model deployment card, the part a picker
/// needs).
///
/// - `name`: the `display_name` requests use; `aliases`: further names for it
/// - `loraName`: set on the card of a LoRA adapter; it changes the seed of block hashes
///
/// Immutable.
public record ModelCard(
        String name,
        List<String> aliases,
        @Nullable String loraName,
        WorkerRole role,
        KvCacheProfile cache,
        EngineLimits limits,
        DpRanks ranks,
        PromptProfile prompt,
        RoutingProfile routing,
        ModelFiles files) {
    public ModelCard {
        aliases = List.copyOf(aliases);
    }
}
