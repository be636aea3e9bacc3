package io.kvepp.router;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/// How endpoints compared, in the terms of gateways: higher is better, and the best has 1.
///
/// Source: `--emit-endpoint-scores` of llm-d-router.
final class EndpointScores {
    private EndpointScores() {}

    /// `costs`: lower is better
    static Map<String, Double> of(Map<String, Double> costs) {
        if (costs.isEmpty()) {
            return Map.of();
        }
        double least = Collections.min(costs.values());
        Map<String, Double> scores = new HashMap<>();
        costs.forEach((endpoint, cost) -> scores.put(endpoint, 1 / (1 + cost - least)));
        return scores;
    }
}
