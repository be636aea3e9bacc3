package io.kvepp.router.prefill;

import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.card.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The life cycle of a model's prefill workers, driven by discovery. Only an active pool takes
/// requests; otherwise a decode worker computes the prompt itself, unless that is forbidden.
///
/// ```
/// Pending ──workers──► Active ──none left──► Unavailable ──workers──► Active
/// ```
///
/// Whoever is a prefill worker of the model is in the pool, at whatever endpoint it serves: a pool
/// that comes back under another identity, or with other blocks, is active like any.
///
/// Source: Dynamo `lib/llm/kv_router/prefill_router`, whose pool keeps the endpoint it first saw.
///
/// Immutable.
public sealed interface PrefillPool {
    /// No prefill worker has been seen for the model yet.
    record Pending() implements PrefillPool {}

    /// Prefill workers are there. `card` says how they cut prompts into blocks.
    record Active(ModelCard card, List<RankSlot> ranks) implements PrefillPool {
        public Active {
            ranks = List.copyOf(ranks);
        }
    }

    /// There were prefill workers, and all have left.
    record Unavailable() implements PrefillPool {}

    /// Whether requests of the model can be served. `enforced`: only with a prefill worker.
    default boolean canServe(boolean enforced) {
        return switch (this) {
            case Active _ -> true;
            case Pending _, Unavailable _ -> !enforced;
        };
    }

    /// What the pool becomes when `workers` is in force.
    static PrefillPool after(@Nullable PrefillPool before, ModelWorkers workers) {
        ModelCard card = workers.prefillCard();
        if (card != null && !workers.prefill().isEmpty()) {
            return new Active(card, workers.prefill());
        }
        return before == null || before instanceof Pending ? new Pending() : new Unavailable();
    }
}
