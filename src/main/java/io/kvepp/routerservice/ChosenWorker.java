package io.kvepp.routerservice;

import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;

/// One rank, and by what names its pool and its worker go.
///
/// - `model`, `routingGroup`: of the pool
/// - `endpoint`: where the worker is called: see [#endpointOf]
///
/// Immutable.
public record ChosenWorker(String model, String routingGroup, WorkerWithDpRank worker, String endpoint) {
    /// Where a worker is called: its own address if it has one, else `dyn://` and its endpoint.
    public static String endpointOf(Worker worker) {
        EndpointId endpoint = worker.endpoint();
        return worker.address() == null
                ? "dyn://" + endpoint.namespace() + "." + endpoint.component() + "." + endpoint.name()
                : worker.address();
    }
}
