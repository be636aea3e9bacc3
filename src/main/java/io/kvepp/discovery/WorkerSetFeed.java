package io.kvepp.discovery;

import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The common end of every discovery backend: takes all live entries and tells the listener when
/// they make a different [WorkerSet].
///
/// A problem is counted when it appears (not while it lasts) and logged once.
///
/// Confined to the backend's thread, except [#synced].
public final class WorkerSetFeed {
    /// How many distinct messages are remembered so as not to be logged again.
    static final int LOGGED_MAX = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(WorkerSetFeed.class);
    private static final String DIRECT_MODE = "direct";

    private final DiscoveryConfig config;
    private final EppMetrics metrics;
    private final Consumer<WorkerSet> listener;
    private final Set<String> logged = new HashSet<>();
    private List<DiscoveryRecord> records = List.of();
    private Set<DiscoveryProblem> entryProblems = Set.of();
    private Set<DiscoveryProblem> problems = Set.of();
    private volatile @Nullable WorkerSet delivered;

    public WorkerSetFeed(DiscoveryConfig config, EppMetrics metrics, Consumer<WorkerSet> listener) {
        this.config = config;
        this.metrics = metrics;
        this.listener = listener;
    }

    /// True once the listener has had its first set.
    public boolean synced() {
        return delivered != null;
    }

    /// Takes everything that is alive now, and what was wrong with the rest.
    public void offer(List<DiscoveryRecord> liveRecords, List<DiscoveryProblem> unreadableEntries) {
        Set<DiscoveryProblem> unreadable = Set.copyOf(unreadableEntries);
        if (delivered != null && liveRecords.equals(records) && unreadable.equals(entryProblems)) {
            return;
        }
        WorkerSetJoin join = new WorkerSetJoin(liveRecords, config.namespacePrefix());
        WorkerSet set = join.join();
        List<DiscoveryProblem> all = new ArrayList<>(unreadable);
        all.addAll(join.problems());
        report(all);
        if (!set.equals(delivered)) {
            logForeignRouterModes(set);
            listener.accept(set);
            delivered = set;
        }
        // Remembered last: when the listener throws, the same entries are offered to it again.
        records = List.copyOf(liveRecords);
        entryProblems = unreadable;
    }

    private void report(List<DiscoveryProblem> now) {
        for (DiscoveryProblem problem : now) {
            if (problems.contains(problem)) {
                continue;
            }
            metrics.discoverySkipped(problem.reason().tag());
            if (problem.reason() == Reason.INCOMPLETE) {
                LOG.debug("discovery entry skipped: {}", problem);
            } else if (firstTime(problem.source() + ' ' + problem.reason())) {
                LOG.warn(
                        "discovery entry skipped: source={} reason={} detail={}",
                        problem.source(),
                        problem.reason().tag(),
                        problem.detail());
            }
        }
        problems = Set.copyOf(now);
    }

    private void logForeignRouterModes(WorkerSet set) {
        for (Worker worker : set.workers()) {
            for (ModelCard card : worker.cards()) {
                @Nullable String mode = card.routing().routerMode();
                if (mode != null && !mode.equals(DIRECT_MODE) && firstTime(worker.endpoint() + card.name() + mode)) {
                    LOG.warn(
                            "the worker advertises a router mode of its own, which makes the frontend ignore the"
                                    + " picker's choice: model={} source={} router_mode={} (expected: {} or none)",
                            card.name(),
                            worker.endpoint(),
                            mode,
                            DIRECT_MODE);
                }
            }
        }
    }

    private boolean firstTime(String message) {
        if (logged.size() >= LOGGED_MAX) {
            logged.clear();
        }
        return logged.add(message);
    }
}
