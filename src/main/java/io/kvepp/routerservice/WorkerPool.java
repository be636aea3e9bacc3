package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.load.RankCapacities;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Workers a selection is among, as they are now.
///
/// - `card`: how their prompts are cut into blocks
/// - `ranks`: by worker and rank, at least one
/// - `endpoints`: where each worker is called
///
/// Immutable.
record WorkerPool(
        String model,
        String routingGroup,
        ModelCard card,
        List<RankSlot> ranks,
        Map<Long, String> endpoints,
        RankCapacities capacities) {
    WorkerPool {
        ranks = List.copyOf(ranks);
        endpoints = Map.copyOf(endpoints);
    }

    boolean isPrefill() {
        return card.role() == WorkerRole.PREFILL;
    }

    /// Under what name its sessions are kept: those of the workers that answer are the model's.
    String sessionScope() {
        return routingGroup.equals(PoolKey.DEFAULT_GROUP) ? model : model + "/" + routingGroup;
    }

    @Override
    public String toString() {
        return "model=" + model + " routing_group=" + routingGroup;
    }

    /// A hasher for a prompt that may say otherwise than the card.
    BlockHasher hasher(SelectionPrompt.Tokens prompt) {
        String loraName = prompt.loraName() == null ? card.loraName() : prompt.loraName();
        boolean eagle = prompt.eagle() == null ? card.cache().eagle() : prompt.eagle();
        return new BlockHasher(card.cache().blockSizeTokens(), loraName, prompt.cacheSalt(), eagle);
    }

    /// The rank; null when it is not in the pool.
    @Nullable
    RankSlot find(WorkerWithDpRank worker) {
        return ranks.stream()
                .filter(rank -> rank.worker().equals(worker))
                .findFirst()
                .orElse(null);
    }

    boolean hasWorker(long workerId) {
        return endpoints.containsKey(workerId);
    }

    List<RankSlot> ranksOf(long workerId) {
        return ranks.stream()
                .filter(rank -> rank.worker().workerId() == workerId)
                .toList();
    }

    ChosenWorker chosen(RankSlot rank) {
        WorkerWithDpRank worker = rank.worker();
        return new ChosenWorker(model, routingGroup, worker, endpoints.getOrDefault(worker.workerId(), ""));
    }
}
