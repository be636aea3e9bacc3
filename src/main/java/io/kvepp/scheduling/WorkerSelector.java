package io.kvepp.scheduling;

import io.kvepp.load.ActiveSequences;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.random.RandomGenerator;

/// Chooses among candidates by cost: the cheapest, equal ones with equal chance; or, at a
/// temperature above 0, each with a chance that falls exponentially with its cost.
///
/// Source: Dynamo `lib/kv-router/scheduling/selector` (reservoir sampling of ties; softmax over
/// costs normalised by their spread).
///
/// Confined: [#select] is called while holding the monitor of the [ActiveSequences], which also
/// guards the random generator.
public final class WorkerSelector {
    private final ActiveSequences active;
    private final RandomGenerator random;

    public WorkerSelector(ActiveSequences active, RandomGenerator random) {
        this.active = active;
        this.random = random;
    }

    /// `candidates` holds at least one.
    public Selection select(List<RankSlot> candidates, SchedulingRequest request, SchedulingConfig config) {
        CostFunction function = new CostFunction(config, request, active, leastPrefillTokens(candidates));
        double[] costs = new double[candidates.size()];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = function.cost(candidates.get(i).slot());
        }
        int winner = config.temperature() == 0 ? cheapest(costs) : sample(costs, config.temperature());
        return new Selection(
                candidates,
                costs,
                winner,
                function.cachedTokens(candidates.get(winner).slot()));
    }

    private long leastPrefillTokens(List<RankSlot> candidates) {
        long least = Long.MAX_VALUE;
        for (RankSlot candidate : candidates) {
            least = Math.min(least, active.prefillTokens(candidate.slot()));
        }
        return least;
    }

    private int cheapest(double[] costs) {
        int winner = 0;
        int ties = 1;
        for (int i = 1; i < costs.length; i++) {
            if (costs[i] < costs[winner]) {
                winner = i;
                ties = 1;
            } else if (costs[i] == costs[winner] && random.nextInt(++ties) == 0) {
                winner = i;
            }
        }
        return winner;
    }

    private int sample(double[] costs, double temperature) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (double cost : costs) {
            least = Math.min(least, cost);
            most = Math.max(most, cost);
        }
        if (most == least) {
            return random.nextInt(costs.length);
        }
        double[] cumulative = new double[costs.length];
        double sum = 0;
        for (int i = 0; i < costs.length; i++) {
            sum += Math.exp(-(costs[i] - least) / ((most - least) * temperature));
            cumulative[i] = sum;
        }
        double draw = random.nextDouble() * sum;
        int winner = 0;
        while (winner < costs.length - 1 && cumulative[winner] < draw) {
            winner++;
        }
        return winner;
    }
}
