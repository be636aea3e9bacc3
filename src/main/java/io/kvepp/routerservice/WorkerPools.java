package io.kvepp.routerservice;

import io.kvepp.load.RankCapacities;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The pools that one state of the worker directory makes.
///
/// A pool cuts prompts as most of its workers do; those that cut them otherwise are left out.
///
/// Immutable.
final class WorkerPools {
    private static final Comparator<RankSlot> BY_RANK = Comparator.comparing(
                    RankSlot::worker, Comparator.comparing(WorkerWithDpRank::workerId, Long::compareUnsigned))
            .thenComparingInt(rank -> rank.worker().dpRank());

    private final Map<String, String> names;
    private final Map<String, Map<String, WorkerPool>> byModel = new TreeMap<>();
    private final Map<EndpointId, WorkerPool> byEndpoint = new HashMap<>();

    private WorkerPools(Map<String, String> names) {
        this.names = names;
    }

    static WorkerPools of(WorkerDirectory.Snapshot directory, PoolLabels labels) {
        WorkerPools pools = new WorkerPools(directory.names());
        RankCapacities capacities = RankCapacities.of(directory);
        Map<String, Map<String, Gathered>> models = new HashMap<>();
        Map<EndpointId, Gathered> endpoints = new HashMap<>();
        for (Worker worker : directory.workers().workers()) {
            for (ModelCard card : worker.cards()) {
                if (card.role() != WorkerRole.ENCODE) {
                    models.computeIfAbsent(card.name(), _ -> new HashMap<>())
                            .computeIfAbsent(labels.routingGroup(worker, card), _ -> new Gathered())
                            .add(worker, card, labels);
                }
            }
            ModelCard base = worker.baseCard();
            if (base.role() != WorkerRole.ENCODE) {
                endpoints
                        .computeIfAbsent(worker.endpoint(), _ -> new Gathered())
                        .add(worker, base, labels);
            }
        }
        Map<String, List<RankSlot>> slots = slots(directory);
        models.forEach((model, groups) -> groups.forEach((group, gathered) -> {
            @Nullable WorkerPool pool = gathered.pool(group, slots.getOrDefault(model, List.of()), capacities);
            if (pool != null) {
                pools.byModel.computeIfAbsent(model, _ -> new TreeMap<>()).put(group, pool);
            }
        }));
        endpoints.forEach((endpoint, gathered) -> {
            String group = gathered.isPrefill() ? PoolKey.PREFILL_GROUP : PoolKey.DEFAULT_GROUP;
            @Nullable
            WorkerPool pool = gathered.pool(group, slots.getOrDefault(gathered.model(), List.of()), capacities);
            if (pool != null) {
                pools.byEndpoint.put(endpoint, pool);
            }
        });
        return pools;
    }

    /// Null when nobody is in it.
    @Nullable
    WorkerPool find(PoolKey key) {
        return switch (key) {
            case PoolKey.OfModel(var model, var group) ->
                byModel.getOrDefault(names.getOrDefault(model, model), Map.of()).get(group);
            case PoolKey.OfEndpoint(var endpoint) -> byEndpoint.get(endpoint);
        };
    }

    /// By model and group; every rank is in one of them, or in none.
    List<WorkerPool> all() {
        return byModel.values().stream()
                .flatMap(groups -> groups.values().stream())
                .toList();
    }

    private static Map<String, List<RankSlot>> slots(WorkerDirectory.Snapshot directory) {
        Map<String, List<RankSlot>> slots = new HashMap<>();
        for (ModelWorkers workers : directory.models().values()) {
            slots.put(
                    workers.model(),
                    Stream.of(workers.aggregated(), workers.prefill(), workers.decode())
                            .flatMap(List::stream)
                            .sorted(BY_RANK)
                            .toList());
        }
        return slots;
    }

    /// The workers of one pool to be.
    private static final class Gathered {
        private final Map<Long, ModelCard> cards = new TreeMap<>(Long::compareUnsigned);
        private final Map<Long, String> endpoints = new HashMap<>();

        void add(Worker worker, ModelCard card, PoolLabels labels) {
            cards.put(worker.id(), card);
            endpoints.put(worker.id(), labels.endpoint(worker));
        }

        boolean isPrefill() {
            return usual().role() == WorkerRole.PREFILL;
        }

        String model() {
            return usual().name();
        }

        /// Null when none of the workers has a slot.
        @Nullable
        WorkerPool pool(String group, List<RankSlot> modelRanks, RankCapacities capacities) {
            ModelCard usual = usual();
            Map<Long, String> alike = new HashMap<>();
            cards.forEach((id, card) -> {
                if (usual.cache().cutsLike(card.cache())) {
                    alike.put(id, endpoints.getOrDefault(id, ""));
                }
            });
            List<RankSlot> ranks = modelRanks.stream()
                    .filter(rank -> alike.containsKey(rank.worker().workerId()))
                    .toList();
            return ranks.isEmpty() ? null : new WorkerPool(usual.name(), group, usual, ranks, alike, capacities);
        }

        /// The first of those that cut prompts as most do.
        private ModelCard usual() {
            List<ModelCard> all = new ArrayList<>(cards.values());
            ModelCard usual = all.getFirst();
            long most = 0;
            for (ModelCard card : all) {
                long alike = all.stream()
                        .filter(other -> card.cache().cutsLike(other.cache()))
                        .count();
                if (alike > most) {
                    most = alike;
                    usual = card;
                }
            }
            return usual;
        }
    }
}
