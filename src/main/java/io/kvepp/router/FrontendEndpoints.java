package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Where requests can go (frontends, or engines that serve theirs themselves), and how many requests
/// each has under way.
///
/// A frontend that fails answers fast and so always has the fewest requests: after a 502, 503 or
/// 504 it is passed over for a moment while another one is left.
///
/// Thread-safe.
final class FrontendEndpoints {
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    private final LongSupplier nanoClock;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile Known known = new Known(List.of(), Map.of());

    /// The same frontends, in order and by endpoint.
    private record Known(List<Frontend> frontends, Map<String, Frontend> byEndpoint) {}

    FrontendEndpoints(List<String> endpoints, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        replace(endpoints);
    }

    /// Puts other endpoints in force; those that stay keep what is known of them.
    synchronized void replace(List<String> endpoints) {
        Map<String, Frontend> before = known.byEndpoint();
        Map<String, Frontend> next = new LinkedHashMap<>();
        endpoints.forEach(endpoint -> next.computeIfAbsent(endpoint, name -> {
            @Nullable Frontend stays = before.get(name);
            return stays == null ? new Frontend(name, nanoClock) : stays;
        }));
        known = new Known(List.copyOf(next.values()), next);
    }

    /// Takes a place at this endpoint, whether or not it is still in force.
    Frontend enter(String endpoint) {
        @Nullable Frontend inForce = known.byEndpoint().get(endpoint);
        Frontend entered = inForce == null ? new Frontend(endpoint, nanoClock) : inForce;
        entered.inFlight.incrementAndGet();
        return entered;
    }

    /// Takes a place at the frontend of the subset (null: of all) with the fewest requests under way;
    /// equal ones take turns. The subset has one.
    Frontend enterAny(@Nullable EndpointSubset subset) {
        List<Frontend> frontends = known.frontends();
        long now = nanoClock.getAsLong();
        int first = Math.floorMod(turn.getAndIncrement(), frontends.size());
        @Nullable Frontend best = null;
        for (int i = 0; i < frontends.size(); i++) {
            Frontend other = frontends.get((first + i) % frontends.size());
            if (other.isIn(subset) && (best == null || other.isBetterThan(best, now))) {
                best = other;
            }
        }
        if (best == null) {
            throw new IllegalStateException("no frontend is in the subset");
        }
        best.inFlight.incrementAndGet();
        return best;
    }

    /// Whether the subset (null: all) has a frontend.
    boolean hasAny(@Nullable EndpointSubset subset) {
        return subset == null || known.frontends().stream().anyMatch(frontend -> frontend.isIn(subset));
    }

    /// Up to `countMax` others that are `allowed`, those that failed lately last, else with the fewest
    /// requests first.
    List<String> others(Frontend chosen, Predicate<String> allowed, int countMax) {
        if (countMax == 0) {
            return List.of();
        }
        long now = nanoClock.getAsLong();
        record Rated(Frontend frontend, boolean paused, int inFlight) {}
        return known.frontends().stream()
                .filter(frontend -> !frontend.equals(chosen) && allowed.test(frontend.endpoint()))
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
