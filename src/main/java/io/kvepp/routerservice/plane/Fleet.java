package io.kvepp.routerservice.plane;

import io.kvepp.router.prefill.TransferRules;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.card.Bootstrap;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The workers behind the router's endpoints, as they are now.
///
/// - `first`: one that serves the endpoint; null when nobody does
/// - `served`: the ids of all that do
/// - `ofModel`: everyone who serves the same model; null when nobody does
///
/// Immutable.
record Fleet(
        EndpointId endpoint,
        @Nullable Worker first,
        Set<Long> served,
        @Nullable ModelWorkers ofModel,
        Map<Long, Worker> workers,
        TransferRules transfers) {
    static Fleet of(WorkerDirectory.Snapshot directory, EndpointId endpoint) {
        Map<Long, Worker> workers = new HashMap<>();
        Set<Long> served = new HashSet<>();
        @Nullable Worker first = null;
        for (Worker worker : directory.workers().workers()) {
            workers.put(worker.id(), worker);
            if (worker.endpoint().equals(endpoint)) {
                first = first == null ? worker : first;
                served.add(worker.id());
            }
        }
        @Nullable
        ModelWorkers ofModel =
                first == null ? null : directory.models().get(first.baseCard().name());
        return new Fleet(
                endpoint, first, Set.copyOf(served), ofModel, Map.copyOf(workers), TransferRules.of(directory));
    }

    PoolKey pool() {
        return new PoolKey.OfEndpoint(endpoint);
    }

    /// The workers that compute prompts for those of the endpoint; null when none do, or when those of
    /// the endpoint do it themselves.
    @Nullable
    PoolKey prefillPool() {
        return first == null
                        || ofModel == null
                        || isPrefill()
                        || ofModel.prefill().isEmpty()
                ? null
                : new PoolKey.OfModel(ofModel.model(), PoolKey.PREFILL_GROUP);
    }

    /// The ids of the workers of [#prefillPool].
    Set<Long> prefillWorkers() {
        return ofModel == null
                ? Set.of()
                : ofModel.prefill().stream()
                        .map(rank -> rank.worker().workerId())
                        .collect(Collectors.toSet());
    }

    /// Whether requests for the endpoint want a prefill worker.
    private boolean isDisaggregated() {
        return first != null && first.baseCard().role() == WorkerRole.DECODE;
    }

    /// Whether there is somebody for the endpoint's requests. `enforced`: for those that want a prefill
    /// worker, only while there is one.
    boolean canServe(boolean enforced) {
        return first != null && !(enforced && isDisaggregated() && prefillPool() == null);
    }

    private boolean isPrefill() {
        return first != null && first.baseCard().role() == WorkerRole.PREFILL;
    }

    /// What a request of `constraints` may still choose among the prefill workers: those whose KV cache
    /// can reach one of the endpoint's workers.
    RoutingConstraints prefillConstraints(RoutingConstraints constraints) {
        if (transfers.equals(TransferRules.NONE) || ofModel == null) {
            return constraints;
        }
        List<RankSlot> decode = ofModel.decode().stream()
                .filter(rank -> served.contains(rank.worker().workerId()))
                .toList();
        Set<Long> reachable = transfers.reachable(ofModel.prefill(), decode, constraints).stream()
                .map(rank -> rank.worker().workerId())
                .filter(id -> constraints.allowedWorkerIds() == null
                        || constraints.allowedWorkerIds().contains(id))
                .collect(Collectors.toSet());
        return new RoutingConstraints(reachable, constraints.requiredTaints(), constraints.preferredTaints());
    }

    @Nullable
    RequestAddress addressOf(long workerId) {
        @Nullable Worker worker = workers.get(workerId);
        return worker == null ? null : worker.requests();
    }

    @Nullable
    Bootstrap bootstrapOf(long workerId) {
        @Nullable ModelCard card = card(workerId);
        return card == null ? null : card.routing().bootstrap();
    }

    int dpSizeOf(long workerId) {
        @Nullable ModelCard card = card(workerId);
        return card == null ? 0 : card.ranks().size();
    }

    private @Nullable ModelCard card(long workerId) {
        @Nullable Worker worker = workers.get(workerId);
        return worker == null ? null : worker.baseCard();
    }
}
