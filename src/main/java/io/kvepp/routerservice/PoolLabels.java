package io.kvepp.routerservice;

import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;

/// Says by what names callers know a worker.
///
/// Thread-safe.
public interface PoolLabels {
    /// The labels of workers that discovery found.
    PoolLabels DISCOVERED = new PoolLabels() {
        @Override
        public String routingGroup(Worker worker, ModelCard card) {
            return card.role() == WorkerRole.PREFILL ? PoolKey.PREFILL_GROUP : PoolKey.DEFAULT_GROUP;
        }

        @Override
        public String endpoint(Worker worker) {
            EndpointId endpoint = worker.endpoint();
            return "dyn://" + endpoint.namespace() + "." + endpoint.component() + "." + endpoint.name();
        }
    };

    /// The group in which it serves the card's model.
    String routingGroup(Worker worker, ModelCard card);

    /// Where it is called.
    String endpoint(Worker worker);
}
