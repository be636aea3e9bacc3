package io.kvepp.routerservice;

import io.kvepp.load.WorkerLoad;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;

/// What is under way on every rank of one pool, by worker and rank.
///
/// - `waiting`: requests for the model that wait for a worker
/// - `waitingPromptTokens`: of their prompts
///
/// Immutable.
public record PoolLoads(
        String model, String routingGroup, List<RankLoad> ranks, int waiting, long waitingPromptTokens) {
    public PoolLoads {
        ranks = List.copyOf(ranks);
    }

    /// One rank's load.
    ///
    /// Immutable.
    public record RankLoad(WorkerWithDpRank worker, WorkerLoad load) {}
}
