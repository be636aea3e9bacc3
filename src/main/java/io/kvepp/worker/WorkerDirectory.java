package io.kvepp.worker;

import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The worker set in force, ordered by model, with a slot for each rank.
///
/// Single-writer: [#update] and [#release] by the discovery thread. Reads by any thread: they see
/// one whole update or the next.
public final class WorkerDirectory {
    /// Names of models that were ever served, kept to tell "gone" from "never heard of".
    private static final int MODELS_SEEN_MAX = 4096;

    private final WorkerSlots slots;
    private final Set<WorkerWithDpRank> ranks = new LinkedHashSet<>();
    private final Set<String> seen = new LinkedHashSet<>();
    private volatile Snapshot snapshot = new Snapshot(WorkerSet.EMPTY, Map.of(), Map.of(), Set.of());

    public WorkerDirectory(WorkerSlots slots) {
        this.slots = slots;
    }

    /// One state of the directory.
    ///
    /// - `models`: by canonical name, sorted
    /// - `names`: every name a request may use (canonical, LoRA, alias) -> canonical name
    /// - `seen`: every such name since the start
    ///
    /// Immutable.
    public record Snapshot(
            WorkerSet workers, Map<String, ModelWorkers> models, Map<String, String> names, Set<String> seen) {}

    public Snapshot snapshot() {
        return snapshot;
    }

    /// What a new set changed.
    ///
    /// - `left`: ranks that are gone; their index entries are to be dropped, then [#release] gives
    ///   their slots back
    /// - `ranksWithoutSlot`: ranks beyond [WorkerSlots#SLOTS_MAX], which are left out
    ///
    /// Immutable.
    public record Change(List<WorkerWithDpRank> left, int ranksWithoutSlot) {
        public Change {
            left = List.copyOf(left);
        }
    }

    /// Puts a set in force.
    public synchronized Change update(WorkerSet set) {
        Map<String, ModelWorkersBuilder> builders = new TreeMap<>();
        Set<WorkerWithDpRank> present = new LinkedHashSet<>();
        Set<WorkerWithDpRank> withoutSlot = new LinkedHashSet<>();
        for (Worker worker : set.workers()) {
            for (ModelCard card : worker.cards()) {
                ModelWorkersBuilder builder = builders.computeIfAbsent(card.name(), name -> new ModelWorkersBuilder());
                builder.addCard(card);
                for (int rank = 0; rank < card.ranks().size(); rank++) {
                    WorkerWithDpRank each =
                            new WorkerWithDpRank(worker.id(), card.ranks().start() + rank);
                    int slot = slots.assign(each);
                    if (slot == WorkerSlots.NONE) {
                        withoutSlot.add(each);
                    } else {
                        present.add(each);
                        builder.addRank(
                                card.role(),
                                new RankSlot(each, slot, card.routing().taints()));
                    }
                }
            }
        }
        List<WorkerWithDpRank> left = new ArrayList<>(ranks);
        left.removeAll(present);
        ranks.clear();
        ranks.addAll(present);
        publish(set, builders);
        return new Change(left, withoutSlot.size());
    }

    /// Gives the slot of a rank that left back, after `clear` has dropped what is kept under the
    /// slot; nothing happens if the rank has returned.
    public synchronized void release(WorkerWithDpRank worker, Runnable clear) {
        if (!ranks.contains(worker)) {
            clear.run();
            slots.release(worker);
        }
    }

    private void publish(WorkerSet set, Map<String, ModelWorkersBuilder> builders) {
        Map<String, ModelWorkers> models = new LinkedHashMap<>();
        builders.forEach((name, builder) -> {
            @Nullable ModelWorkers workers = builder.build();
            if (workers != null) {
                models.put(name, workers);
            }
        });
        Map<String, String> names = new LinkedHashMap<>();
        models.keySet().forEach(name -> names.put(name, name));
        builders.forEach((name, builder) -> {
            if (models.containsKey(name)) {
                builder.aliases().forEach(alias -> names.putIfAbsent(alias, name));
            }
        });
        remember(names.keySet());
        snapshot = new Snapshot(set, Collections.unmodifiableMap(models), Map.copyOf(names), Set.copyOf(seen));
    }

    private void remember(Collection<String> names) {
        for (String name : names) {
            if (seen.size() < MODELS_SEEN_MAX) {
                seen.add(name);
            }
        }
    }
}
