package io.kvepp.load.signals;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// The newest report of each rank, by slot.
///
/// Thread-safe.
final class EngineReports {
    private final WorkerSlots slots;
    private final LongSupplier nanoClock;
    private final AtomicReferenceArray<@Nullable Said> said = new AtomicReferenceArray<>(WorkerSlots.SLOTS_MAX);

    /// @param nanoClock a monotonic clock, in nanoseconds
    EngineReports(WorkerSlots slots, LongSupplier nanoClock) {
        this.slots = slots;
        this.nanoClock = nanoClock;
    }

    private record Said(EngineReport report, long untilNanos) {}

    /// The rank says so; after `valid` it says nothing any more.
    void set(WorkerWithDpRank worker, EngineReport report, Duration valid) {
        int slot = slots.slotOf(worker);
        if (slot == WorkerSlots.NONE) {
            return;
        }
        said.set(slot, new Said(report, nanoClock.getAsLong() + valid.toNanos()));
        if (slots.slotOf(worker) != slot) {
            // It left meanwhile and has been forgotten, or its slot is somebody else's.
            said.set(slot, null);
        }
    }

    void forget(WorkerWithDpRank worker) {
        int slot = slots.slotOf(worker);
        if (slot != WorkerSlots.NONE) {
            said.set(slot, null);
        }
    }

    void forget(int slot) {
        said.set(slot, null);
    }

    EngineReport of(int slot) {
        @Nullable Said last = said.get(slot);
        return last == null || nanoClock.getAsLong() - last.untilNanos > 0 ? EngineReport.NOTHING : last.report;
    }

    long sum(ToIntFunction<EngineReport> number) {
        long sum = 0;
        for (int slot = 0; slot < WorkerSlots.SLOTS_MAX; slot++) {
            sum += number.applyAsInt(of(slot));
        }
        return sum;
    }
}
