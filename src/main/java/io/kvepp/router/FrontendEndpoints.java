package io.kvepp.router;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// The frontends, and how many requests each has under way.
///
/// Thread-safe.
final class FrontendEndpoints {
    private final List<Frontend> frontends;

    FrontendEndpoints(List<String> endpoints) {
        frontends = endpoints.stream().map(Frontend::new).toList();
    }

    /// Takes a place at the frontend with the fewest requests under way, the first of equals.
    Frontend enter() {
        Frontend least = frontends.getFirst();
        for (Frontend frontend : frontends) {
            if (frontend.inFlight.get() < least.inFlight.get()) {
                least = frontend;
            }
        }
        least.inFlight.incrementAndGet();
        return least;
    }

    /// One frontend; whoever entered it leaves it once.
    static final class Frontend {
        private final String endpoint;
        private final AtomicInteger inFlight = new AtomicInteger();

        Frontend(String endpoint) {
            this.endpoint = endpoint;
        }

        String endpoint() {
            return endpoint;
        }

        void leave() {
            inFlight.decrementAndGet();
        }
    }
}
