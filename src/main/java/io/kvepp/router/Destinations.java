package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the requests of one gateway may go. A subset that is null allows everything.
///
/// Thread-safe.
interface Destinations {
    /// Whether the subset has an endpoint.
    boolean hasAny(@Nullable EndpointSubset subset);

    /// Those of the ranks that a request can be sent to within the subset.
    List<RankSlot> reachable(List<RankSlot> ranks, @Nullable EndpointSubset subset);

    /// Those of the ranks that may compute a prompt for another one.
    List<RankSlot> computing(List<RankSlot> ranks);

    /// Takes a place at the endpoint for requests that run on `worker`, or, when that is null, at any
    /// of the subset; null when there is none left.
    FrontendEndpoints.@Nullable Frontend enter(@Nullable WorkerWithDpRank worker, @Nullable EndpointSubset subset);

    /// What speaks against each endpoint that was compared, lower is better: the workers behind it, or
    /// its own requests under way where every endpoint leads to every worker.
    Map<String, Double> costs(Selection decode, @Nullable EndpointSubset subset);

    /// Up to `countMax` others of the subset, the best first.
    List<String> others(FrontendEndpoints.Frontend chosen, @Nullable EndpointSubset subset, int countMax);
}
