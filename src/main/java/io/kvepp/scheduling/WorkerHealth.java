package io.kvepp.scheduling;

import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerSlots;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Keeps requests away from ranks whose requests fail, long before discovery knows of it.
///
/// A rank whose requests failed too often is ejected for a while; then one request tries it out,
/// and its answer brings the rank back or ejects it for twice as long. When more than half of the
/// candidates are ejected nobody is: then something else than a worker is broken.
///
/// Source: outlier detection as Envoy does it.
///
/// Thread-safe.
public final class WorkerHealth {
    /// A trial without an answer is repeated after this time.
    private static final long TRIAL_NANOS = 30_000_000_000L;

    private static final int DOUBLINGS_MAX = 10;

    private final HealthConfig config;
    private final LongSupplier nanoClock;
    private final HealthState[] states = new HealthState[WorkerSlots.SLOTS_MAX];
    private final AtomicInteger ejected = new AtomicInteger();
    private final LongAdder ejections = new LongAdder();

    public WorkerHealth(HealthConfig config, LongSupplier nanoClock) {
        this.config = config;
        this.nanoClock = nanoClock;
        Arrays.fill(states, HealthState.HEALTHY);
    }

    /// The candidates that may be given a request now; never none unless there was none.
    public List<RankSlot> usable(List<RankSlot> candidates) {
        return ejected.get() == 0 ? candidates : withoutEjected(candidates);
    }

    /// The rank was given a request: if it was ejected, this one tries it out.
    public void chosen(int slot) {
        if (ejected.get() > 0) {
            startTrial(slot);
        }
    }

    /// A request that the rank was given was answered, whatever the answer.
    public synchronized void succeeded(int slot) {
        if (isOut(states[slot])) {
            ejected.decrementAndGet();
        }
        states[slot] = HealthState.HEALTHY;
    }

    /// A request that the rank was given failed by no fault of the client.
    public synchronized void failed(int slot) {
        if (config.failures() == 0) {
            return;
        }
        long now = nanoClock.getAsLong();
        switch (states[slot]) {
            case HealthState.Suspected suspected -> suspect(slot, suspected, now);
            case HealthState.OnTrial(var _, var times) -> states[slot] = eject(times + 1, now);
            case HealthState.Ejected _ -> {} // an older request; it is out already
        }
    }

    /// The slot has a new owner.
    public synchronized void forget(int slot) {
        succeeded(slot);
    }

    /// Ranks that get no requests now, or only one.
    public int ejected() {
        return ejected.get();
    }

    /// Ejections since the start.
    public long ejections() {
        return ejections.sum();
    }

    private synchronized List<RankSlot> withoutEjected(List<RankSlot> candidates) {
        long now = nanoClock.getAsLong();
        List<RankSlot> usable = candidates.stream()
                .filter(candidate -> isUsable(states[candidate.slot()], now))
                .toList();
        return 2 * usable.size() < candidates.size() ? candidates : usable;
    }

    private static boolean isUsable(HealthState state, long now) {
        return switch (state) {
            case HealthState.Suspected _ -> true;
            case HealthState.Ejected(var until, var _) -> now - until >= 0;
            case HealthState.OnTrial(var since, var _) -> now - since >= TRIAL_NANOS;
        };
    }

    private synchronized void startTrial(int slot) {
        long now = nanoClock.getAsLong();
        switch (states[slot]) {
            case HealthState.Suspected _ -> {}
            case HealthState.Ejected(var _, var times) -> states[slot] = new HealthState.OnTrial(now, times);
            case HealthState.OnTrial(var _, var times) -> states[slot] = new HealthState.OnTrial(now, times);
        }
    }

    private void suspect(int slot, HealthState.Suspected before, long now) {
        boolean fresh = before.failures() == 0
                || now - before.sinceNanos() > config.window().toNanos();
        HealthState.Suspected after = fresh
                ? new HealthState.Suspected(1, now)
                : new HealthState.Suspected(before.failures() + 1, before.sinceNanos());
        if (after.failures() < config.failures()) {
            states[slot] = after;
        } else {
            states[slot] = eject(1, now);
            ejected.incrementAndGet();
        }
    }

    private HealthState eject(int times, long now) {
        ejections.increment();
        long pause = config.pause().toNanos() << Math.min(times - 1, DOUBLINGS_MAX);
        return new HealthState.Ejected(now + Math.min(pause, HealthConfig.PAUSE_MAX.toNanos()), times);
    }

    private static boolean isOut(HealthState state) {
        return !(state instanceof HealthState.Suspected);
    }
}
