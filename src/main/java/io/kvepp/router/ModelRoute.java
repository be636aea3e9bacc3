package io.kvepp.router;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.load.RankCapacities;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.router.prefill.TransferRules;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How requests for one model are routed now.
///
/// - `serving`: ranks that can take the answer: the decode ranks while the prefill pool is active
///   and there are any, else every rank that is not a prefill rank. A card without a worker type
///   reads as aggregated, so decode ranks of older fleets are among those
/// - `publishing`: ranks whose KV events are announced
/// - `addresses`: by worker id, the `ip:port` of those workers that serve their requests themselves
///
/// Immutable.
record ModelRoute(
        ModelWorkers workers,
        PrefillPool prefillPool,
        List<RankSlot> serving,
        RankCapacities capacities,
        TransferRules transfers,
        Set<WorkerWithDpRank> publishing,
        Map<Long, String> addresses,
        BlockHasher hasher) {
    static ModelRoute of(
            ModelWorkers workers,
            PrefillPool pool,
            RankCapacities capacities,
            TransferRules transfers,
            Set<WorkerWithDpRank> publishing,
            Map<Long, String> addresses) {
        List<RankSlot> serving;
        if (pool instanceof PrefillPool.Active && !workers.decode().isEmpty()) {
            serving = workers.decode();
        } else {
            serving = new ArrayList<>(workers.aggregated());
            serving.addAll(workers.decode());
        }
        return new ModelRoute(
                workers,
                pool,
                List.copyOf(serving),
                capacities,
                transfers,
                publishing,
                addresses,
                hasher(workers.card(), null));
    }

    /// Whether everybody who was chosen is still there.
    boolean serves(Placement placement) {
        @Nullable Selection prefill = placement.prefill();
        return serving.contains(placement.decode().chosen())
                && (prefill == null
                        || prefillPool instanceof PrefillPool.Active pool
                                && pool.ranks().contains(prefill.chosen()));
    }

    /// Where the worker serves its requests itself; null when they go through a frontend.
    @Nullable
    String addressOf(WorkerWithDpRank worker) {
        return addresses.isEmpty() ? null : addresses.get(worker.workerId());
    }

    /// The rank of the engine with this endpoint, in any spelling: the one of this number, else the
    /// first; null when no engine that can take the answer is there.
    @Nullable
    RankSlot engineAt(String endpoint, int dpRank) {
        String wanted = EndpointSubset.canonical(endpoint);
        @Nullable RankSlot first = null;
        for (RankSlot rank : serving) {
            @Nullable String address = addressOf(rank.worker());
            if (address != null && wanted.equals(EndpointSubset.canonical(address))) {
                if (rank.worker().dpRank() == dpRank) {
                    return rank;
                }
                first = first == null ? rank : first;
            }
        }
        return first;
    }

    /// Whether a worker that can take the answer has more than one rank.
    boolean hasSeveralRanks(long workerId) {
        int ranks = 0;
        for (RankSlot rank : serving) {
            ranks += rank.worker().workerId() == workerId ? 1 : 0;
        }
        return ranks > 1;
    }

    static BlockHasher hasher(ModelCard card, @Nullable String cacheSalt) {
        return new BlockHasher(
                card.cache().blockSizeTokens(),
                card.loraName(),
                cacheSalt,
                card.cache().eagle());
    }
}
