package io.kvepp.router;

import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.headers.EngineHeaders;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.reuse.ReuseClaim;
import io.kvepp.router.reuse.ReuseWatch;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes the answer of a request that was placed: where it goes, and what follows it there.
///
/// Thread-safe.
final class RoutedAnswers {
    static final PickResult NO_ENDPOINT = new PickResult.Rejected(
            RejectReason.NO_WORKERS, "no ready endpoint that the gateway allows leads to a worker of the model", null);

    private final RouterConfig config;
    private final RouterParts parts;
    private final PickHistory history;

    RoutedAnswers(RouterConfig config, RouterParts parts, PickHistory history) {
        this.config = config;
        this.parts = parts;
        this.history = history;
    }

    /// From here on the lifecycle owns what is booked, and gives it back if the answer cannot be
    /// made.
    PickResult routed(PlacementTask task, Placement placement) {
        Destinations destinations = task.destinations();
        @Nullable EndpointSubset subset = task.request().subset();
        Map<String, Double> scores = config.emitEndpointScores()
                ? EndpointScores.of(destinations.costs(placement.decode(), subset))
                : Map.of();
        FrontendEndpoints.@Nullable Frontend frontend = destinations.enter(placement.decodeWorker(), subset);
        if (frontend == null) {
            placement.withdraw();
            return NO_ENDPOINT;
        }
        placement.forEachSlot(parts.health()::chosen);
        boolean engine = task.route().addressOf(placement.decodeWorker()) != null;
        @Nullable EngineFallbacks engines = engine ? otherEngines(task, placement, frontend) : null;
        RoutedRequest lifecycle = new RoutedRequest(
                frontend,
                new RoutedRequest.Placed(
                        placement, drain(task, placement), output(task), reuse(task, placement), engines),
                parts.health());
        try {
            sent(task, placement, lifecycle);
            Decision decision = Decision.of(task, placement);
            remember(task.prompt(), placement, decision);
            return new PickResult.Routed(
                    frontend.endpoint(),
                    engines == null
                            ? destinations.others(frontend, subset, config.fallbackEndpoints())
                            : engines.endpoints(),
                    engine ? toEngine(task, placement) : toFrontend(task, placement),
                    engine ? BodyEdit.NONE : task.prompt().body(),
                    null,
                    config.explainPicks() ? decision.explain() : null,
                    scores,
                    lifecycle);
        } catch (RuntimeException e) {
            lifecycle.withdrawn();
            throw e;
        }
    }

    private HeaderEdit toFrontend(PlacementTask task, Placement placement) {
        return parts.dialect().route(task.request(), placement.decodeWorker(), placement.prefillWorker());
    }

    private HeaderEdit toEngine(PlacementTask task, Placement placement) {
        WorkerWithDpRank decode = placement.decodeWorker();
        @Nullable WorkerWithDpRank prefill = placement.prefillWorker();
        return EngineHeaders.added(
                parts.dialect().strip(task.request()),
                task.route().hasSeveralRanks(decode.workerId()) ? (Integer) decode.dpRank() : null,
                prefill == null ? null : task.route().addressOf(prefill));
    }

    private EngineFallbacks otherEngines(PlacementTask task, Placement placement, FrontendEndpoints.Frontend chosen) {
        List<String> others = config.fallbackEndpoints() == 0
                ? List.of()
                : task.destinations().others(chosen, task.request().subset(), Integer.MAX_VALUE);
        return EngineFallbacks.of(parts, task, placement, others, config.fallbackEndpoints());
    }

    private @Nullable ReuseWatch reuse(PlacementTask task, Placement placement) {
        if (task.prefill().hashes().count() == 0 || !task.prompt().isWhole()) {
            return null;
        }
        RankSlot chosen = placement.reusing().chosen();
        int uncached = task.prompt().promptTokens() - placement.reusing().cachedTokens();
        return parts.reuse()
                .open(new ReuseClaim(
                        task.route().workers().model(),
                        chosen.worker(),
                        task.prompt().promptTokens(),
                        task.prefill().hashes(),
                        task.cachedTokensMax(task.computing()),
                        task.cachedTokensMax(List.of(chosen)),
                        placement.prefill() == null,
                        task.route().publishing().contains(chosen.worker()),
                        parts.active().prefillTokens(chosen.slot()) <= uncached));
    }

    private PromptDrain drain(PlacementTask task, Placement placement) {
        int cached = placement.reusing().cachedTokens();
        return new PromptDrain(
                parts.queues(),
                task.route().workers().model(),
                Math.max(0, task.prompt().promptTokens() - cached));
    }

    private @Nullable OutputBlocks output(PlacementTask task) {
        return parts.trackOutputBlocks()
                ? new OutputBlocks(
                        task.prompt().promptTokens(),
                        task.serving().hashes().blockSizeTokens(),
                        task.prompt().hints().expectedOutputTokens())
                : null;
    }

    /// The prompt's blocks come to be where it is computed, and where they are transferred to.
    private void sent(PlacementTask task, Placement placement, RoutedRequest lifecycle) {
        PrefixFinder prefixes = parts.prefixes();
        @Nullable WorkerWithDpRank prefillWorker = placement.prefillWorker();
        if (prefillWorker != null) {
            lifecycle.onWithdrawal(prefixes.routed(prefillWorker, task.prefill().hashes()));
        }
        lifecycle.onWithdrawal(
                prefixes.routed(placement.decodeWorker(), task.serving().hashes()));
    }

    private void remember(PromptReading prompt, Placement placement, Decision decision) {
        if (prompt.loadOnly() == null) {
            parts.metrics()
                    .prompt(
                            decision.model(),
                            prompt.promptTokens(),
                            placement.reusing().cachedTokens());
        } else {
            parts.metrics().loadOnly(prompt.loadOnly());
        }
        history.add(decision);
    }
}
