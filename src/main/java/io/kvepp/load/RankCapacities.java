package io.kvepp.load;

import io.kvepp.worker.ModelWorkers;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.card.ModelCard;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// How much each rank can take, by slot, as its worker's card says.
///
/// Immutable.
public final class RankCapacities {
    public static final RankCapacities NONE = new RankCapacities(Map.of(), Map.of());

    /// What Dynamo assumes of a worker that does not say how many tokens it computes at a time.
    public static final int BATCHED_TOKENS_UNKNOWN = 10_000_000;

    private final Map<Integer, Capacity> bySlot;
    private final Map<Long, int[]> slotsByWorker;

    private record Capacity(int totalKvBlocks, int batchedTokensMax) {}

    private RankCapacities(Map<Integer, Capacity> bySlot, Map<Long, int[]> slotsByWorker) {
        this.bySlot = bySlot;
        this.slotsByWorker = slotsByWorker;
    }

    public static RankCapacities of(WorkerDirectory.Snapshot directory) {
        Map<Long, Capacity> byWorker = new HashMap<>();
        for (Worker worker : directory.workers().workers()) {
            byWorker.put(worker.id(), capacity(worker.baseCard()));
        }
        Map<Integer, Capacity> bySlot = new HashMap<>();
        Map<Long, Set<Integer>> slots = new HashMap<>();
        for (ModelWorkers workers : directory.models().values()) {
            for (List<RankSlot> ranks : List.of(workers.aggregated(), workers.prefill(), workers.decode())) {
                for (RankSlot rank : ranks) {
                    long id = rank.worker().workerId();
                    bySlot.put(rank.slot(), byWorker.getOrDefault(id, new Capacity(0, BATCHED_TOKENS_UNKNOWN)));
                    slots.computeIfAbsent(id, _ -> new TreeSet<>()).add(rank.slot());
                }
            }
        }
        Map<Long, int[]> slotsByWorker = new HashMap<>();
        slots.forEach((id, set) ->
                slotsByWorker.put(id, set.stream().mapToInt(Integer::intValue).toArray()));
        return new RankCapacities(Map.copyOf(bySlot), Map.copyOf(slotsByWorker));
    }

    /// Blocks of the rank's cache; 0 when unknown.
    public int totalKvBlocks(int slot) {
        @Nullable Capacity capacity = bySlot.get(slot);
        return capacity == null ? 0 : capacity.totalKvBlocks();
    }

    /// Prompt tokens the rank computes in one step, [#BATCHED_TOKENS_UNKNOWN] when unknown.
    public int batchedTokensMax(int slot) {
        @Nullable Capacity capacity = bySlot.get(slot);
        return capacity == null ? BATCHED_TOKENS_UNKNOWN : capacity.batchedTokensMax();
    }

    /// The slots of all ranks of a worker; empty for an unknown one. Not to be changed.
    public int[] slotsOf(long workerId) {
        return slotsByWorker.getOrDefault(workerId, new int[0]);
    }

    private static Capacity capacity(ModelCard card) {
        int tokens = card.limits().maxNumBatchedTokens();
        return new Capacity(card.limits().totalKvBlocks(), tokens == 0 ? BATCHED_TOKENS_UNKNOWN : tokens);
    }
}
