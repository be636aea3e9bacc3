package io.kvepp.routerservice;

import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import org.jspecify.annotations.Nullable;

/// Names the workers a selection is among.
///
/// Immutable.
public sealed interface PoolKey {
    /// The group of workers that take answers: aggregated and decode workers.
    String DEFAULT_GROUP = "default";

    /// The group of workers that only compute prompts.
    String PREFILL_GROUP = "prefill";

    /// The group in which a worker serves the model of one of its cards.
    static String groupOf(ModelCard card) {
        @Nullable String given = card.routing().group();
        if (given != null) {
            return given;
        }
        return card.role() == WorkerRole.PREFILL ? PREFILL_GROUP : DEFAULT_GROUP;
    }

    /// The workers of a model (by name, LoRA name or alias) in one routing group.
    ///
    /// Immutable.
    record OfModel(String model, String routingGroup) implements PoolKey {
        @Override
        public String toString() {
            return "model=" + model + " routing_group=" + routingGroup;
        }
    }

    /// The workers that serve one endpoint, whatever they do there.
    ///
    /// Immutable.
    record OfEndpoint(EndpointId endpoint) implements PoolKey {
        @Override
        public String toString() {
            return "endpoint=" + endpoint;
        }
    }
}
