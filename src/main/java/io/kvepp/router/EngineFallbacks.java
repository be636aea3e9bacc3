package io.kvepp.router;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.routed.PrefixFinder.Undo;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.router.prefill.Placement;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.worker.RankSlot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The engines that are named after the chosen one: each answers for its own model alone, and a
/// request that one of them takes over is booked there.
///
/// Thread-safe.
final class EngineFallbacks {
    private final RouterParts parts;
    private final SchedulingRequest request;
    private final @Nullable Session session;
    private final Map<String, Engine> engines = new LinkedHashMap<>();

    /// - `cachedTokens`: of the prompt, as long as that can be told
    private record Engine(String endpoint, RankSlot rank, int cachedTokens) {}

    /// What a request runs on that was taken over, and how to take back what was told of it.
    record Takeover(Placement placement, Undo undo) {}

    /// Keeps nothing of the task that is large: it lives as long as the answer.
    private EngineFallbacks(RouterParts parts, PlacementTask task) {
        this.parts = parts;
        session = task.session();
        SchedulingRequest serving = task.serving();
        request = new SchedulingRequest(serving.promptTokens(), serving.hashes(), OverlapScores.NONE);
    }

    /// `endpoints`: the best first; those that are no engines of the model are left out.
    static EngineFallbacks of(
            RouterParts parts, PlacementTask task, Placement placement, List<String> endpoints, int countMax) {
        EngineFallbacks fallbacks = new EngineFallbacks(parts, task);
        for (String endpoint : endpoints) {
            @Nullable
            RankSlot rank =
                    task.route().engineAt(endpoint, placement.decodeWorker().dpRank());
            if (rank != null && fallbacks.engines.size() < countMax) {
                int cachedTokens = task.cachedTokensMax(List.of(rank));
                fallbacks.engines.put(EndpointSubset.canonical(endpoint), new Engine(endpoint, rank, cachedTokens));
            }
        }
        return fallbacks;
    }

    List<String> endpoints() {
        return engines.values().stream().map(Engine::endpoint).toList();
    }

    /// Books the request on the engine that answers it in place of the one that was chosen; null when
    /// that is none of these.
    @Nullable
    Takeover takenOver(String endpoint, Placement from) {
        @Nullable Engine by = engines.get(EndpointSubset.canonical(endpoint));
        if (by == null) {
            return null;
        }
        Placement placement = parts.placements().takenOver(from, by.rank(), request, by.cachedTokens(), session);
        return new Takeover(placement, parts.prefixes().routed(by.rank().worker(), request.hashes()));
    }
}
