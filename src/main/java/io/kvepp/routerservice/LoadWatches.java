package io.kvepp.routerservice;

import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who wants to hear of loads.
///
/// Thread-safe; [#tell] is called by one thread.
final class LoadWatches {
    static final int WATCHERS_MAX = 64;

    private static final Logger LOG = LoggerFactory.getLogger(LoadWatches.class);

    private final Set<Watch> watches = new CopyOnWriteArraySet<>();

    Answer<Runnable> add(Consumer<List<PoolLoads>> listener, List<PoolLoads> now) {
        Watch watch = new Watch(listener);
        synchronized (watches) {
            if (watches.size() >= WATCHERS_MAX) {
                return new Refused<>(
                        Reason.LIMIT, "watchers: " + WATCHERS_MAX + " of loads (expected: fewer at a time)");
            }
            watches.add(watch);
        }
        watch.tell(now);
        return new Given<>(() -> watches.remove(watch));
    }

    boolean any() {
        return !watches.isEmpty();
    }

    void tell(List<PoolLoads> loads) {
        watches.forEach(watch -> watch.tell(loads));
    }

    private static final class Watch {
        private final Consumer<List<PoolLoads>> listener;
        private List<PoolLoads> last = List.of();
        private boolean told;

        Watch(Consumer<List<PoolLoads>> listener) {
            this.listener = listener;
        }

        synchronized void tell(List<PoolLoads> loads) {
            if (told && loads.equals(last)) {
                return;
            }
            told = true;
            last = loads;
            try {
                listener.accept(loads);
            } catch (RuntimeException e) {
                LOG.warn("a watcher of loads failed", e);
            }
        }
    }
}
