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
    /// Longer request ids are cut: they are a client's.
    private static final int REQUEST_ID_CHARS_MAX = 256;

    private final LinkedHashMap<String, Decision> decisions = new LinkedHashMap<>();
    private final int countMax;

    PickHistory(int countMax) {
        this.countMax = countMax;
    }

    synchronized void add(Decision decision) {
        decisions.putLast(key(decision.requestId()), decision);
        if (decisions.size() > countMax) {
            decisions.pollFirstEntry();
        }
    }

    synchronized Optional<Decision> find(String requestId) {
        @Nullable Decision decision = decisions.get(key(requestId));
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

    private static String key(String requestId) {
        return requestId.length() <= REQUEST_ID_CHARS_MAX ? requestId : requestId.substring(0, REQUEST_ID_CHARS_MAX);
    }
}
