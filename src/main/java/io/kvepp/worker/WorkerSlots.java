package io.kvepp.worker;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// Gives every live worker rank a small dense number, so that scores and loads are arrays instead
/// of maps.
///
/// A released slot is the last to be used again: a decision that was under way when its rank left
/// meets a stranger's slot only after all other slots were used.
///
/// Thread-safe.
public final class WorkerSlots {
    /// Ranks one process can know at a time.
    public static final int SLOTS_MAX = 4096;

    public static final int NONE = -1;

    private final ConcurrentMap<WorkerWithDpRank, Integer> slots = new ConcurrentHashMap<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();

    public WorkerSlots() {
        for (int slot = 0; slot < SLOTS_MAX; slot++) {
            free.add(slot);
        }
    }

    /// The rank's slot, or [#NONE].
    public int slotOf(WorkerWithDpRank worker) {
        @Nullable Integer slot = slots.get(worker);
        return slot == null ? NONE : slot;
    }

    /// The rank's slot, assigned now if it has none; [#NONE] when all are taken.
    public synchronized int assign(WorkerWithDpRank worker) {
        @Nullable Integer known = slots.get(worker);
        if (known != null) {
            return known;
        }
        @Nullable Integer slot = free.poll();
        if (slot == null) {
            return NONE;
        }
        slots.put(worker, slot);
        return slot;
    }

    /// Gives the rank's slot back; a no-op when it has none.
    public synchronized void release(WorkerWithDpRank worker) {
        @Nullable Integer slot = slots.remove(worker);
        if (slot != null) {
            free.add(slot);
        }
    }
}
