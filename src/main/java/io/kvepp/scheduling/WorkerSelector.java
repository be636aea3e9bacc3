package io.kvepp.scheduling;

import io.kvepp.load.ActiveSequences;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerSlots;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Chooses among candidates, as the [RouterMode] says.
///
/// By cost: the cheapest, equal ones with equal chance; or, at a temperature above 0, each with a
/// chance that falls exponentially with its cost.
///
/// Source: Dynamo `lib/kv-router/scheduling/selector` (reservoir sampling of ties; softmax over
/// costs normalised by their spread) and `lib/runtime/src/routing_policy`.
///
/// Thread-safe: takes the monitor of the [ActiveSequences], which also guards the random generator,
/// the turns and the working memory. Whoever books as well holds it for both.
public final class WorkerSelector {
    private final ActiveSequences active;
    private final RandomGenerator random;
    private final long[] turns = new long[WorkerSlots.SLOTS_MAX];
    private long turn;
    private double[] keys = new double[Selection.CONSIDERED_MAX];
    private double[] weights = new double[Selection.CONSIDERED_MAX];

    public WorkerSelector(ActiveSequences active, RandomGenerator random) {
        this.active = active;
        this.random = random;
    }

    /// `candidates` holds at least one, every one of which the request may go to.
    public Selection select(List<RankSlot> candidates, SchedulingRequest request, SchedulingConfig config) {
        synchronized (active) {
            ActiveSequences.Held load = active.held();
            int count = candidates.size();
            makeRoom(count);
            CostFunction function =
                    new CostFunction(config, request, load, leastPrefillTokens(candidates, load, config));
            for (int i = 0; i < count; i++) {
                keys[i] = key(candidates.get(i), function, load, config.mode());
            }
            return selection(candidates, request, function, winner(count, config));
        }
    }

    /// The rank was booked: its turn is over.
    public void taken(RankSlot rank) {
        synchronized (active) {
            turns[rank.slot()] = ++turn;
        }
    }

    private double key(RankSlot candidate, CostFunction function, ActiveSequences.Held load, RouterMode mode) {
        return switch (mode) {
            case KV -> function.cost(candidate);
            case ROUND_ROBIN -> turns[candidate.slot()];
            case RANDOM -> 0;
            case POWER_OF_TWO, LEAST_LOADED -> load.requests(candidate.slot());
        };
    }

    private int winner(int count, SchedulingConfig config) {
        return switch (config.mode()) {
            case KV -> config.temperature() == 0 ? least(count) : sample(count, config.temperature());
            case ROUND_ROBIN -> first(count);
            case RANDOM -> random.nextInt(count);
            case POWER_OF_TWO -> betterOfTwo(count);
            case LEAST_LOADED -> least(count);
        };
    }

    private static long leastPrefillTokens(
            List<RankSlot> candidates, ActiveSequences.Held load, SchedulingConfig config) {
        if (config.overlapScoreCreditDecay() == 0) {
            return 0;
        }
        long least = Long.MAX_VALUE;
        for (RankSlot candidate : candidates) {
            least = Math.min(least, load.prefillTokens(candidate.slot()));
        }
        return least;
    }

    /// Any of those with the least key.
    private int least(int count) {
        int winner = 0;
        int ties = 1;
        for (int i = 1; i < count; i++) {
            if (keys[i] < keys[winner]) {
                winner = i;
                ties = 1;
            } else if (keys[i] == keys[winner] && random.nextInt(++ties) == 0) {
                winner = i;
            }
        }
        return winner;
    }

    /// The first of those with the least key.
    private int first(int count) {
        int winner = 0;
        for (int i = 1; i < count; i++) {
            winner = keys[i] < keys[winner] ? i : winner;
        }
        return winner;
    }

    private int betterOfTwo(int count) {
        int first = random.nextInt(count);
        if (count == 1) {
            return first;
        }
        int second = (first + 1 + random.nextInt(count - 1)) % count;
        return keys[first] <= keys[second] ? first : second;
    }

    private int sample(int count, double temperature) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            least = Math.min(least, keys[i]);
            most = Math.max(most, keys[i]);
        }
        if (most == least) {
            return random.nextInt(count);
        }
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp(-(keys[i] - least) / ((most - least) * temperature));
            weights[i] = sum;
        }
        double draw = random.nextDouble() * sum;
        int winner = 0;
        while (winner < count - 1 && weights[winner] < draw) {
            winner++;
        }
        return winner;
    }

    private Selection selection(
            List<RankSlot> candidates, SchedulingRequest request, CostFunction function, int winner) {
        int longest = 0;
        int sharing = 0;
        for (RankSlot candidate : candidates) {
            int blocks = request.overlaps().total(candidate.slot());
            sharing = blocks > longest ? 1 : blocks == longest ? sharing + 1 : sharing;
            longest = Math.max(longest, blocks);
        }
        Selection.Judged best = judged(candidates, winner, function);
        return new Selection(
                best,
                considered(candidates, function, winner, best),
                candidates.size(),
                longest,
                sharing,
                function.cachedTokens(best.rank().slot()),
                function.config());
    }

    /// The winner and those with the least keys.
    private List<Selection.Judged> considered(
            List<RankSlot> candidates, CostFunction function, int winner, Selection.Judged best) {
        int count = candidates.size();
        int others = Math.min(count, Selection.CONSIDERED_MAX) - 1;
        double bound = others == count - 1 ? Double.POSITIVE_INFINITY : bound(count, winner, others);
        int below = 0;
        for (int i = 0; i < count; i++) {
            below += i != winner && keys[i] < bound ? 1 : 0;
        }
        int atBound = others - below;
        List<Selection.Judged> considered = new ArrayList<>(others + 1);
        for (int i = 0; i < count; i++) {
            if (i == winner) {
                considered.add(best);
            } else if (keys[i] < bound || keys[i] == bound && atBound-- > 0) {
                considered.add(judged(candidates, i, function));
            }
        }
        return considered;
    }

    /// The `wanted`-th least key of all but the winner's; at least one is wanted.
    private double bound(int count, int winner, int wanted) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (i != winner && (size < wanted || keys[i] < weights[size - 1])) {
                int place = size < wanted ? size++ : size - 1;
                while (place > 0 && weights[place - 1] > keys[i]) {
                    weights[place] = weights[place - 1];
                    place--;
                }
                weights[place] = keys[i];
            }
        }
        return weights[size - 1];
    }

    private Selection.Judged judged(List<RankSlot> candidates, int index, CostFunction function) {
        RankSlot rank = candidates.get(index);
        return new Selection.Judged(rank, keys[index], function.terms(rank));
    }

    private void makeRoom(int count) {
        if (keys.length < count) {
            keys = new double[count];
            weights = new double[count];
        }
    }
}
