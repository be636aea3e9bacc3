package io.kvepp.scheduling.overload;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.RankCapacities;
import io.kvepp.worker.RankSlot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Keeps requests away from overloaded workers.
///
/// A worker is overloaded when every one of its ranks is. A rank's blocks in use are the larger of
/// what its engine reports and what is booked here, its tokens are those that are booked, and its
/// requests that wait are those of which its engine reports.
///
/// Source: Dynamo `lib/llm/src/discovery/worker_monitor`.
///
/// Thread-safe.
public final class OverloadMonitor {
    private final OverloadThresholds defaults;
    private final ActiveSequences active;
    private final EngineSigns engines;
    private final Map<String, OverloadThresholds> byModel = new ConcurrentHashMap<>();

    public OverloadMonitor(OverloadThresholds defaults, ActiveSequences active, EngineSigns engines) {
        this.defaults = defaults;
        this.active = active;
        this.engines = engines;
    }

    public OverloadThresholds thresholds(String model) {
        return byModel.getOrDefault(model, defaults);
    }

    /// Puts those thresholds of `changes` in force that are not null, at once; returns all that
    /// are.
    public OverloadThresholds change(String model, OverloadThresholds changes) {
        return byModel.merge(model, defaults.with(changes), (before, _) -> before.with(changes));
    }

    /// Whether somebody asks for blocks in use.
    public boolean watchesBlocks() {
        return anyHas(OverloadThresholds::decodeBlocks);
    }

    /// Whether somebody asks for requests that wait.
    public boolean watchesWaiting() {
        return anyHas(OverloadThresholds::waitingRequests);
    }

    private boolean anyHas(Function<OverloadThresholds, @Nullable Number> threshold) {
        return Stream.concat(Stream.of(defaults), byModel.values().stream())
                .anyMatch(thresholds -> threshold.apply(thresholds) != null);
    }

    /// The candidates whose workers are not overloaded; may be none.
    public List<RankSlot> usable(String model, List<RankSlot> candidates, RankCapacities capacities) {
        OverloadThresholds thresholds = thresholds(model);
        if (thresholds.isNone()) {
            return candidates;
        }
        List<RankSlot> usable = new ArrayList<>(candidates.size());
        Map<Long, Boolean> overloaded = new HashMap<>();
        for (RankSlot candidate : candidates) {
            long id = candidate.worker().workerId();
            if (!overloaded.computeIfAbsent(id, _ -> isOverloaded(id, thresholds, capacities))) {
                usable.add(candidate);
            }
        }
        return usable.size() == candidates.size() ? candidates : List.copyOf(usable);
    }

    private boolean isOverloaded(long workerId, OverloadThresholds thresholds, RankCapacities capacities) {
        int[] slots = capacities.slotsOf(workerId);
        for (int slot : slots) {
            long blocks = Math.max(active.blocks(slot), engines.usedBlocks(slot));
            if (!thresholds.areExceededBy(blocks, active.prefillTokens(slot), capacities, slot)
                    && !thresholds.areExceededBy(engines, slot)) {
                return false;
            }
        }
        return slots.length > 0;
    }
}
