package io.kvepp.router;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.router.FrontendEndpoints.Frontend;
import io.kvepp.router.PoolEndpoints.Pod;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The endpoints of a pool: a request goes to the pod of its own worker, and one without a worker to
/// the endpoint with the fewest requests under way.
///
/// A worker belongs to a pod by its id, as Dynamo's do, or by its own address, as engines without
/// Dynamo do. A subset names the pod of a worker by its endpoints of the pool, or as it is entered.
///
/// Prompts are computed by workers of the pool too, unless it has none of those that could: its
/// selector then leaves prefill workers out.
///
/// Thread-safe.
final class PoolDestinations implements Destinations {
    private final LongSupplier nanoClock;
    private final Supplier<Map<Long, String>> engines;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile Members members = new Members(Map.of(), List.of(), Map.of());

    /// Where a request can go, and what a subset may call it.
    private record Place(Frontend frontend, List<String> names) {
        boolean isIn(@Nullable EndpointSubset subset) {
            return subset == null || names.stream().anyMatch(subset::contains);
        }
    }

    /// - `frontends`: everything that can be entered, by one spelling of its endpoint
    /// - `all`: the endpoints of the pool
    /// - `byWorker`: by worker id, then in the order of ranks
    private record Members(Map<String, Frontend> frontends, List<Place> all, Map<Long, List<Place>> byWorker) {
        List<Place> entries() {
            return byWorker.values().stream().flatMap(List::stream).distinct().toList();
        }
    }

    /// `engines`: the addresses, in one spelling, of the workers that serve their requests themselves
    PoolDestinations(LongSupplier nanoClock, Supplier<Map<Long, String>> engines) {
        this.nanoClock = nanoClock;
        this.engines = engines;
    }

    /// What is known of an endpoint outlives the change.
    synchronized void update(PoolEndpoints now) {
        Map<String, Frontend> frontends = new HashMap<>();
        List<Place> all = now.all().stream()
                .map(endpoint -> new Place(frontend(endpoint, frontends), List.of(endpoint)))
                .toList();
        Map<Long, List<Place>> byWorker = new HashMap<>();
        now.byWorker().forEach((id, pod) -> byWorker.put(id, places(pod, frontends)));
        members = new Members(Map.copyOf(frontends), all, Map.copyOf(byWorker));
    }

    private Frontend frontend(String endpoint, Map<String, Frontend> made) {
        return made.computeIfAbsent(EndpointSubset.canonical(endpoint), key -> {
            @Nullable Frontend known = members.frontends().get(key);
            return known == null ? new Frontend(endpoint, nanoClock) : known;
        });
    }

    /// Each rank has its own endpoint of the pool, or all are entered at another port of their pod.
    private List<Place> places(Pod pod, Map<String, Frontend> made) {
        List<Place> places = new ArrayList<>();
        for (String entry : pod.entries()) {
            List<String> names = new ArrayList<>(List.of(entry));
            if (!pod.members().contains(entry)) {
                names.addAll(pod.members());
            }
            places.add(new Place(frontend(entry, made), List.copyOf(names)));
        }
        return List.copyOf(places);
    }

    @Override
    public boolean hasAny(@Nullable EndpointSubset subset) {
        Members now = members;
        return !now.all().isEmpty()
                && (subset == null || now.frontends().keySet().stream().anyMatch(subset::contains));
    }

    /// Whoever failed a moment ago is passed over while another one is left.
    @Override
    public List<RankSlot> reachable(List<RankSlot> ranks, @Nullable EndpointSubset subset) {
        Members now = members;
        long nanos = nanoClock.getAsLong();
        List<RankSlot> reachable = new ArrayList<>(ranks.size());
        List<RankSlot> paused = new ArrayList<>();
        for (RankSlot rank : ranks) {
            @Nullable Frontend frontend = of(now, rank.worker(), subset);
            if (frontend != null) {
                (frontend.isPaused(nanos) ? paused : reachable).add(rank);
            }
        }
        return reachable.isEmpty() ? paused : reachable;
    }

    @Override
    public List<RankSlot> computing(List<RankSlot> ranks) {
        Members now = members;
        List<RankSlot> own = ranks.stream()
                .filter(rank -> of(now, rank.worker(), null) != null)
                .toList();
        return own.isEmpty() ? ranks : own;
    }

    @Override
    public @Nullable Frontend enter(@Nullable WorkerWithDpRank worker, @Nullable EndpointSubset subset) {
        Members now = members;
        @Nullable Frontend own = worker == null ? null : of(now, worker, subset);
        @Nullable Frontend chosen = own == null ? any(now, subset) : own;
        if (chosen != null) {
            chosen.enter();
        }
        return chosen;
    }

    @Override
    public Map<String, Double> costs(Selection decode, @Nullable EndpointSubset subset) {
        Members now = members;
        Map<String, Double> costs = new HashMap<>();
        for (Selection.Judged judged : decode.considered()) {
            @Nullable Frontend frontend = of(now, judged.rank().worker(), subset);
            if (frontend != null) {
                costs.merge(frontend.endpoint(), judged.key(), Math::min);
            }
        }
        return costs;
    }

    /// An endpoint of the pool, or of those that only workers are entered at if the subset has no other.
    private @Nullable Frontend any(Members now, @Nullable EndpointSubset subset) {
        List<Frontend> allowed = allowed(now.all(), subset);
        return FrontendEndpoints.best(
                allowed.isEmpty() ? allowed(now.entries(), subset) : allowed,
                turn.getAndIncrement(),
                nanoClock.getAsLong());
    }

    /// Pods that are entered at a port of their own are named by it.
    @Override
    public List<String> others(Frontend chosen, @Nullable EndpointSubset subset, int countMax) {
        if (countMax == 0) {
            return List.of();
        }
        Members now = members;
        boolean isMember = now.all().stream().anyMatch(place -> place.frontend().equals(chosen));
        List<Place> places = isMember ? now.all() : now.entries();
        return FrontendEndpoints.ranked(
                allowed(places, subset).stream()
                        .filter(other -> !other.equals(chosen))
                        .toList(),
                countMax,
                nanoClock.getAsLong());
    }

    private static List<Frontend> allowed(List<Place> places, @Nullable EndpointSubset subset) {
        return places.stream()
                .filter(place -> place.isIn(subset))
                .map(Place::frontend)
                .distinct()
                .toList();
    }

    private @Nullable Frontend of(Members now, WorkerWithDpRank worker, @Nullable EndpointSubset subset) {
        @Nullable List<Place> ranks = now.byWorker().get(worker.workerId());
        if (ranks == null) {
            @Nullable String address = engines.get().get(worker.workerId());
            @Nullable Frontend engine = address == null ? null : now.frontends().get(address);
            return engine == null || !engine.isIn(subset) ? null : engine;
        }
        Place place = ranks.get(Math.min(worker.dpRank(), ranks.size() - 1));
        return place.isIn(subset) ? place.frontend() : null;
    }
}
