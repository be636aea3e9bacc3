package io.kvepp.routerservice;

import io.kvepp.worker.WorkerWithDpRank;

/// One rank, and by what names its pool and its worker go.
///
/// - `model`, `routingGroup`: of the pool
/// - `endpoint`: where the worker is called: what was registered, else `dyn://` and its endpoint
///
/// Immutable.
public record ChosenWorker(String model, String routingGroup, WorkerWithDpRank worker, String endpoint) {}
