package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.router.FrontendEndpoints.Frontend;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The endpoints of a pool: a request goes to the pod of its own worker.
///
/// Prompts are computed by workers of the pool too, unless it has none of those that could: its
/// selector then leaves prefill workers out.
///
/// Thread-safe.
final class PoolDestinations implements Destinations {
    private final LongSupplier nanoClock;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile PoolEndpoints endpoints = PoolEndpoints.NONE;

    PoolDestinations(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void update(PoolEndpoints now) {
        endpoints = now;
    }

    @Override
    public boolean hasAny(@Nullable EndpointSubset subset) {
        List<String> all = endpoints.all();
        return subset == null ? !all.isEmpty() : all.stream().anyMatch(subset::contains);
    }

    @Override
    public List<RankSlot> reachable(List<RankSlot> ranks, @Nullable EndpointSubset subset) {
        PoolEndpoints now = endpoints;
        List<RankSlot> reachable = new ArrayList<>(ranks.size());
        for (RankSlot rank : ranks) {
            @Nullable String endpoint = of(now, rank.worker());
            if (endpoint != null && isIn(subset, endpoint)) {
                reachable.add(rank);
            }
        }
        return reachable;
    }

    @Override
    public List<RankSlot> computing(List<RankSlot> ranks) {
        List<RankSlot> members = reachable(ranks, null);
        return members.isEmpty() ? ranks : members;
    }

    @Override
    public @Nullable Frontend enter(@Nullable WorkerWithDpRank worker, @Nullable EndpointSubset subset) {
        PoolEndpoints now = endpoints;
        @Nullable String own = worker == null ? null : of(now, worker);
        if (own != null && isIn(subset, own)) {
            return new Frontend(own, nanoClock);
        }
        List<String> allowed = allowed(now, subset);
        return allowed.isEmpty()
                ? null
                : new Frontend(allowed.get(Math.floorMod(turn.getAndIncrement(), allowed.size())), nanoClock);
    }

    @Override
    public List<String> others(Frontend chosen, @Nullable EndpointSubset subset, int countMax) {
        return countMax == 0
                ? List.of()
                : allowed(endpoints, subset).stream()
                        .filter(endpoint -> !endpoint.equals(chosen.endpoint()))
                        .limit(countMax)
                        .toList();
    }

    private static List<String> allowed(PoolEndpoints now, @Nullable EndpointSubset subset) {
        return subset == null
                ? now.all()
                : now.all().stream().filter(subset::contains).toList();
    }

    private static @Nullable String of(PoolEndpoints now, WorkerWithDpRank worker) {
        @Nullable List<String> ranks = now.byWorker().get(worker.workerId());
        return ranks == null ? null : ranks.get(Math.min(worker.dpRank(), ranks.size() - 1));
    }

    private static boolean isIn(@Nullable EndpointSubset subset, String endpoint) {
        return subset == null || subset.contains(endpoint);
    }
}
