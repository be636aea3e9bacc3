package io.kvepp.routerservice;

import io.kvepp.worker.card.EndpointId;

/// Names the workers a selection is among.
///
/// Immutable.
public sealed interface PoolKey {
    /// The group of workers that take answers: aggregated and decode workers.
    String DEFAULT_GROUP = "default";

    /// The group of workers that only compute prompts.
    String PREFILL_GROUP = "prefill";

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
