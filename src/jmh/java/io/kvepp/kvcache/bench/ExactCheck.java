package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.RouterEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Compares an index with the exact counts of a workload, request by request: each looks up, then its
/// events are applied.
///
/// *Confined* to one thread.
final class ExactCheck {
    /// Wrong counts that are told one by one.
    private static final int TOLD_MAX = 64;

    private final List<List<Integer>> wrong = new ArrayList<>();
    private long matched;
    private long overPairs;
    private long overBlocks;
    private long underPairs;
    private long underBlocks;

    /// - `matched`: blocks found by all requests on all workers
    /// - `over_pairs`, `over_blocks`: (request, worker) pairs counted too high, and by how much
    /// - `under_pairs`, `under_blocks`: the same for too low
    /// - `wrong`: the first of them as lists of request, worker, exact and counted depth
    static Map<String, Object> of(Workload workload) {
        ExactCheck check = new ExactCheck();
        KvIndexer index = new IndexUnderTest(workload.workers()).index();
        for (Workload.Requests requests = workload.requests(); requests.next(); ) {
            OverlapScores scores = index.findMatches(IndexUnderTest.query(requests.query()));
            for (int worker = 0; worker < workload.workers(); worker++) {
                int exact = workload.expectedDepth(requests.number(), worker);
                check.compare(requests.number(), worker, exact, scores.device(worker));
            }
            for (RouterEvent event : requests.events()) {
                index.apply(event);
            }
        }
        return check.figures();
    }

    private void compare(int number, int worker, int exact, int counted) {
        matched += counted;
        if (counted == exact) {
            return;
        }
        if (counted > exact) {
            overPairs++;
            overBlocks += counted - exact;
        } else {
            underPairs++;
            underBlocks += exact - counted;
        }
        if (wrong.size() < TOLD_MAX) {
            wrong.add(List.of(number, worker, exact, counted));
        }
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("matched", matched);
        figures.put("over_pairs", overPairs);
        figures.put("over_blocks", overBlocks);
        figures.put("under_pairs", underPairs);
        figures.put("under_blocks", underBlocks);
        figures.put("wrong", wrong);
        return figures;
    }
}
