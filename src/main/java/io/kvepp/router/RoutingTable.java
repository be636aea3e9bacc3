package io.kvepp.router;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.RankCapacities;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.router.prefill.TransferRules;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Who can serve what, made anew from each state of the worker directory.
///
/// - `routes`: by canonical model name
/// - `capacities`: how much every rank can take
/// - `transfers`: which decode workers each prefill worker can hand over to
/// - `pools`: the prefill pool of every model ever seen, so that a pool that comes back is known
///
/// Immutable.
record RoutingTable(
        WorkerDirectory.Snapshot directory,
        RankCapacities capacities,
        TransferRules transfers,
        Map<String, ModelRoute> routes,
        Map<String, PrefillPool> pools) {
    RoutingTable {
        routes = Map.copyOf(routes);
        pools = Map.copyOf(pools);
    }

    static RoutingTable first(WorkerDirectory.Snapshot directory) {
        return new RoutingTable(directory, RankCapacities.NONE, TransferRules.NONE, Map.of(), Map.of()).next(directory);
    }

    RoutingTable next(WorkerDirectory.Snapshot directory) {
        RankCapacities capacities = RankCapacities.of(directory);
        TransferRules transfers = TransferRules.of(directory);
        if (!transfers.equals(this.transfers)) {
            transfers.logBroken();
        }
        Set<WorkerWithDpRank> publishing = publishing(directory.workers());
        Map<Long, String> addresses = addresses(directory.workers());
        Map<String, ModelRoute> nextRoutes = new HashMap<>();
        Map<String, PrefillPool> nextPools = new HashMap<>();
        pools.forEach((model, pool) ->
                nextPools.put(model, pool instanceof PrefillPool.Pending ? pool : new PrefillPool.Unavailable()));
        for (ModelWorkers workers : directory.models().values()) {
            PrefillPool pool = PrefillPool.after(pools.get(workers.model()), workers);
            nextPools.put(workers.model(), pool);
            nextRoutes.put(workers.model(), ModelRoute.of(workers, pool, capacities, transfers, publishing, addresses));
        }
        return new RoutingTable(directory, capacities, transfers, nextRoutes, nextPools);
    }

    private static Set<WorkerWithDpRank> publishing(WorkerSet workers) {
        return Stream.concat(
                        workers.kvEventPublishers().stream().map(KvEventPublisher::worker),
                        workers.engineEvents().stream().map(EngineEvents::worker))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Map<Long, String> addresses(WorkerSet workers) {
        Map<Long, String> addresses = new HashMap<>();
        for (Worker worker : workers.workers()) {
            if (worker.address() != null) {
                addresses.put(worker.id(), worker.address());
            }
        }
        return Map.copyOf(addresses);
    }

    /// The route of a model by name, LoRA name or alias; null when nobody serves it.
    @Nullable
    ModelRoute find(String model) {
        @Nullable String canonical = directory.names().get(model);
        return canonical == null ? null : routes.get(canonical);
    }

    /// Whether the name was ever served.
    boolean wasSeen(String model) {
        return directory.seen().contains(model);
    }

    /// The route with the rank that has the fewest blocks in use, of those ranks that `reachable`
    /// leaves; null when it leaves none.
    @Nullable
    ModelRoute leastBusy(ActiveSequences active, UnaryOperator<List<RankSlot>> reachable) {
        @Nullable ModelRoute best = null;
        long fewest = Long.MAX_VALUE;
        for (ModelRoute route : routes.values()) {
            for (RankSlot rank : reachable.apply(route.serving())) {
                long blocks = active.blocks(rank.slot());
                if (best == null || blocks < fewest) {
                    best = route;
                    fewest = blocks;
                }
            }
        }
        return best;
    }
}
