package io.kvepp.router.prefill;

import io.kvepp.worker.ModelCard;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The life cycle of a model's prefill workers, driven by discovery. Only an active pool takes
/// requests; otherwise a decode worker computes the prompt itself.
///
/// Source: Dynamo `lib/llm/kv_router/prefill_router`.
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

    /// What the pool becomes when `workers` is in force.
    static PrefillPool after(@Nullable PrefillPool before, ModelWorkers workers) {
        ModelCard card = workers.prefillCard();
        if (card != null && !workers.prefill().isEmpty()) {
            return new Active(card, workers.prefill());
        }
        return before == null || before instanceof Pending ? new Pending() : new Unavailable();
    }
}
