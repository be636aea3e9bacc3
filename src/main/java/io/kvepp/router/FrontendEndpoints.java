package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The frontends, and how many requests each has under way.
///
/// A frontend that fails answers fast and so always has the fewest requests: after a 502, 503 or
/// 504 it is passed over for a moment while another one is left.
///
/// Thread-safe.
final class FrontendEndpoints implements Destinations {
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    private final List<Frontend> frontends;
    private final LongSupplier nanoClock;
    private final AtomicInteger turn = new AtomicInteger();

    FrontendEndpoints(List<String> endpoints, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        frontends = endpoints.stream()
                .map(endpoint -> new Frontend(endpoint, nanoClock))
                .toList();
    }

    /// The frontend with the fewest requests under way; equal ones take turns.
    @Override
    public @Nullable Frontend enter(@Nullable WorkerWithDpRank worker, @Nullable EndpointSubset subset) {
        @Nullable Frontend best = best(allowed(subset), turn.getAndIncrement(), nanoClock.getAsLong());
        if (best != null) {
            best.enter();
        }
        return best;
    }

    private List<Frontend> allowed(@Nullable EndpointSubset subset) {
        return subset == null
                ? frontends
                : frontends.stream().filter(frontend -> frontend.isIn(subset)).toList();
    }

    /// The one with the fewest requests under way that did not fail lately, if there is one; equal
    /// ones take turns.
    static @Nullable Frontend best(List<Frontend> allowed, int turn, long now) {
        @Nullable Frontend best = null;
        int first = allowed.isEmpty() ? 0 : Math.floorMod(turn, allowed.size());
        for (int i = 0; i < allowed.size(); i++) {
            Frontend other = allowed.get((first + i) % allowed.size());
            if (best == null || other.isBetterThan(best, now)) {
                best = other;
            }
        }
        return best;
    }

    @Override
    public boolean hasAny(@Nullable EndpointSubset subset) {
        return subset == null || frontends.stream().anyMatch(frontend -> frontend.isIn(subset));
    }

    /// Every frontend reaches every worker.
    @Override
    public List<RankSlot> reachable(List<RankSlot> ranks, @Nullable EndpointSubset subset) {
        return ranks;
    }

    @Override
    public List<RankSlot> computing(List<RankSlot> ranks) {
        return ranks;
    }

    @Override
    public List<String> others(Frontend chosen, @Nullable EndpointSubset subset, int countMax) {
        return countMax == 0
                ? List.of()
                : ranked(
                        allowed(subset).stream()
                                .filter(frontend -> !frontend.equals(chosen))
                                .toList(),
                        countMax,
                        nanoClock.getAsLong());
    }

    @Override
    public Map<String, Double> costs(Selection decode, @Nullable EndpointSubset subset) {
        Map<String, Double> costs = new HashMap<>();
        allowed(subset).forEach(frontend -> costs.put(frontend.endpoint(), (double) frontend.inFlight.get()));
        return costs;
    }

    /// Those that failed lately last, else with the fewest requests first.
    static List<String> ranked(List<Frontend> others, int countMax, long now) {
        record Rated(Frontend frontend, boolean paused, int inFlight) {}
        return others.stream()
                .map(frontend -> new Rated(frontend, frontend.isPaused(now), frontend.inFlight.get()))
                .sorted(Comparator.comparing(Rated::paused).thenComparingInt(Rated::inFlight))
                .limit(countMax)
                .map(rated -> rated.frontend().endpoint())
                .toList();
    }

    /// One frontend; whoever entered it leaves it once.
    static final class Frontend {
        private final String endpoint;
        private final LongSupplier nanoClock;
        private final AtomicInteger inFlight = new AtomicInteger();
        private volatile boolean failed;
        private volatile long failedAtNanos;

        Frontend(String endpoint, LongSupplier nanoClock) {
            this.endpoint = endpoint;
            this.nanoClock = nanoClock;
        }

        String endpoint() {
            return endpoint;
        }

        void answered(int status) {
            if (status >= 502 && status <= 504) {
                failed();
            } else {
                failed = false;
            }
        }

        /// It did not answer: its request went elsewhere.
        void failed() {
            failedAtNanos = nanoClock.getAsLong();
            failed = true;
        }

        void enter() {
            inFlight.incrementAndGet();
        }

        void leave() {
            inFlight.decrementAndGet();
        }

        boolean isIn(@Nullable EndpointSubset subset) {
            return subset == null || subset.contains(endpoint);
        }

        private boolean isBetterThan(Frontend other, long now) {
            boolean paused = isPaused(now);
            return paused == other.isPaused(now) ? inFlight.get() < other.inFlight.get() : !paused;
        }

        boolean isPaused(long now) {
            return failed && now - failedAtNanos < PAUSE_AFTER_FAILURE.toNanos();
        }
    }
}
