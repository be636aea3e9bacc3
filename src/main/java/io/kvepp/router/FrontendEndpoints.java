package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
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
        long now = nanoClock.getAsLong();
        int first = Math.floorMod(turn.getAndIncrement(), frontends.size());
        @Nullable Frontend best = null;
        for (int i = 0; i < frontends.size(); i++) {
            Frontend other = frontends.get((first + i) % frontends.size());
            if (other.isIn(subset) && (best == null || other.isBetterThan(best, now))) {
                best = other;
            }
        }
        if (best != null) {
            best.inFlight.incrementAndGet();
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

    /// Those that failed lately last, else with the fewest requests first.
    @Override
    public List<String> others(Frontend chosen, @Nullable EndpointSubset subset, int countMax) {
        if (countMax == 0) {
            return List.of();
        }
        long now = nanoClock.getAsLong();
        record Rated(Frontend frontend, boolean paused, int inFlight) {}
        return frontends.stream()
                .filter(frontend -> !frontend.equals(chosen) && frontend.isIn(subset))
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

        void leave() {
            inFlight.decrementAndGet();
        }

        private boolean isIn(@Nullable EndpointSubset subset) {
            return subset == null || subset.contains(endpoint);
        }

        private boolean isBetterThan(Frontend other, long now) {
            boolean paused = isPaused(now);
            return paused == other.isPaused(now) ? inFlight.get() < other.inFlight.get() : !paused;
        }

        private boolean isPaused(long now) {
            return failed && now - failedAtNanos < PAUSE_AFTER_FAILURE.toNanos();
        }
    }
}
