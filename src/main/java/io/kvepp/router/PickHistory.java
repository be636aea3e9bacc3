package io.kvepp.router;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The most recent decisions by request id; the oldest goes when a new one finds no room.
///
/// Thread-safe.
final class PickHistory {
    private final LinkedHashMap<String, Decision> decisions = new LinkedHashMap<>();
    private final int countMax;

    PickHistory(int countMax) {
        this.countMax = countMax;
    }

    synchronized void add(Decision decision) {
        decisions.putLast(decision.requestId(), decision);
        if (decisions.size() > countMax) {
            decisions.pollFirstEntry();
        }
    }

    synchronized Optional<Decision> find(String requestId) {
        @Nullable Decision decision = decisions.get(requestId);
        return Optional.ofNullable(decision);
    }

    synchronized List<Decision> newest(int count) {
        List<Decision> newest = new ArrayList<>();
        for (Map.Entry<String, Decision> entry : decisions.reversed().entrySet()) {
            if (newest.size() == count) {
                break;
            }
            newest.add(entry.getValue());
        }
        return newest;
    }
}
