package io.kvepp.router;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.router.reuse.ReuseClaim;
import io.kvepp.router.reuse.ReuseWatch;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.ModelCard;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The second half of a decision: hash the prompt, look it up, choose and book, write the answer.
///
/// Thread-safe.
final class WorkerPlacer {
    private final RouterParts parts;
    private final FrontendEndpoints frontends;
    private final PickHistory history;

    WorkerPlacer(RouterParts parts, FrontendEndpoints frontends, PickHistory history) {
        this.parts = parts;
        this.frontends = frontends;
        this.history = history;
    }

    /// `route` has a serving rank.
    PickResult place(PickRequest request, ModelRoute route, PromptReading prompt) {
        return place(prepare(request, route, prompt));
    }

    /// Hashes the prompt and looks it up.
    PlacementTask prepare(PickRequest request, ModelRoute route, PromptReading prompt) {
        RoutingConstraints constraints = new RoutingConstraints(
                null, prompt.hints().requiredTaints(), prompt.hints().preferredTaints());
        SchedulingRequest serving = schedulingRequest(route.workers().card(), route.hasher(), prompt)
                .with(constraints);
        SchedulingRequest prefill = route.prefillPool() instanceof PrefillPool.Active pool
                ? prefillRequest(route, pool.card(), serving, prompt)
                : serving;
        return new PlacementTask(request, route, prompt, serving, prefill);
    }

    /// Looks the same prompt up again.
    PlacementTask lookedUpAgain(PlacementTask task) {
        SchedulingRequest serving = lookedUpAgain(task.serving());
        boolean sameBlocks = task.serving().equals(task.prefill());
        return new PlacementTask(
                task.request(),
                task.route(),
                task.prompt(),
                serving,
                sameBlocks ? serving : lookedUpAgain(task.prefill()));
    }

    private SchedulingRequest lookedUpAgain(SchedulingRequest request) {
        return request.hashes().count() == 0
                ? request
                : new SchedulingRequest(
                        request.promptTokens(),
                        request.hashes(),
                        findMatches(request.hashes()),
                        request.constraints(),
                        request.override());
    }

    /// Chooses and books.
    PickResult place(PlacementTask task) {
        ModelRoute route = task.route();
        @Nullable PickResult refusal = refusal(task);
        if (refusal != null) {
            return refusal;
        }
        List<RankSlot> serving = usable(route, task.eligible(route.serving()));
        if (route.prefillPool() instanceof PrefillPool.Active pool) {
            PrefillPool.Active usable = new PrefillPool.Active(pool.card(), inReach(task, pool, serving));
            return routed(
                    task,
                    parts.placements()
                            .disaggregated(usable, task.prefill(), serving, task.serving(), route.transfers()));
        }
        return routed(task, parts.placements().aggregated(serving, task.serving()));
    }

    /// Why the request cannot be placed now, and need not wait either; null when it can.
    @Nullable
    PickResult refusal(PlacementTask task) {
        ModelRoute route = task.route();
        if (!route.prefillPool().canServe(parts.prefill().enforceDisagg())) {
            return new PickResult.Rejected(
                    RejectReason.NO_WORKERS,
                    "model: " + route.workers().model() + ": no prefill worker serves it now",
                    "model");
        }
        @Nullable PickResult serving = refusal(task, route.serving(), "worker");
        if (serving != null || !(route.prefillPool() instanceof PrefillPool.Active pool)) {
            return serving;
        }
        @Nullable PickResult prefill = refusal(task, pool.ranks(), "prefill worker");
        boolean stranded = prefill == null
                && inReach(task, pool, usable(route, task.eligible(route.serving())))
                        .isEmpty();
        return stranded
                ? new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "no decode worker is in reach of a prefill worker", null)
                : prefill;
    }

    /// Prefill ranks that may be given the request and whose KV cache can get to one of `serving`.
    private List<RankSlot> inReach(PlacementTask task, PrefillPool.Active pool, List<RankSlot> serving) {
        return task.route()
                .transfers()
                .reachable(
                        usable(task.route(), task.eligible(pool.ranks())),
                        serving,
                        task.serving().constraints());
    }

    private @Nullable PickResult refusal(PlacementTask task, List<RankSlot> ranks, String role) {
        List<RankSlot> eligible = task.eligible(ranks);
        if (eligible.isEmpty()) {
            return new PickResult.Rejected(
                    RejectReason.NO_WORKERS,
                    "no " + role + " has the taints that the request requires",
                    "nvext.routing_constraints.required_taints");
        }
        return usable(task.route(), eligible).isEmpty() ? overloaded(task.route(), role, eligible) : null;
    }

    /// Those of the ranks that may be given requests now.
    private List<RankSlot> usable(ModelRoute route, List<RankSlot> ranks) {
        return parts.overload().usable(route.workers().model(), parts.health().usable(ranks), route.capacities());
    }

    private PickResult overloaded(ModelRoute route, String role, List<RankSlot> ranks) {
        String model = route.workers().model();
        long tokens = ranks.stream()
                .mapToLong(rank -> parts.active().prefillTokens(rank.slot()))
                .sum();
        return new PickResult.Rejected(
                RejectReason.WORKERS_OVERLOADED,
                "model: " + model + ": every " + role + " that could serve it is overloaded",
                "model",
                Map.of(),
                tokens == 0 ? 0 : parts.queues().drain(model).retryAfterSeconds(tokens));
    }

    /// From here on the lifecycle owns what is booked, and gives it back if the answer cannot be
    /// made.
    private PickResult.Routed routed(PlacementTask task, Placement placement) {
        FrontendEndpoints.Frontend frontend = frontends.enter();
        placement.forEachSlot(parts.health()::chosen);
        RoutedRequest lifecycle = new RoutedRequest(
                frontend,
                new RoutedRequest.Placed(
                        placement,
                        drain(task, placement),
                        output(task.prompt(), task.serving()),
                        reuse(task, placement)),
                parts.health());
        try {
            sent(placement, task.serving(), task.prefill());
            remember(task, placement);
            @Nullable Selection prefillChoice = placement.prefill();
            @Nullable
            WorkerWithDpRank prefillWorker =
                    prefillChoice == null ? null : prefillChoice.chosen().worker();
            return new PickResult.Routed(
                    frontend.endpoint(),
                    parts.dialect()
                            .route(task.request(), placement.decode().chosen().worker(), prefillWorker),
                    task.prompt().body(),
                    lifecycle);
        } catch (RuntimeException e) {
            lifecycle.completed();
            throw e;
        }
    }

    private @Nullable ReuseWatch reuse(PlacementTask task, Placement placement) {
        if (task.prefill().hashes().count() == 0) {
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

    private @Nullable OutputBlocks output(PromptReading prompt, SchedulingRequest serving) {
        return parts.trackOutputBlocks()
                ? new OutputBlocks(
                        prompt.promptTokens(),
                        serving.hashes().blockSizeTokens(),
                        prompt.hints().expectedOutputTokens())
                : null;
    }

    private SchedulingRequest schedulingRequest(ModelCard card, BlockHasher unsalted, PromptReading prompt) {
        int @Nullable [] tokenIds = prompt.tokenIds();
        if (tokenIds == null) {
            return SchedulingRequest.unread(prompt.promptTokens(), card.blockSizeTokens());
        }
        BlockHasher hasher = prompt.cacheSalt() == null ? unsalted : ModelRoute.hasher(card, prompt.cacheSalt());
        BlockHashes hashes = hasher.hash(tokenIds);
        return new SchedulingRequest(prompt.promptTokens(), hashes, findMatches(hashes));
    }

    private OverlapScores findMatches(BlockHashes hashes) {
        long startNanos = parts.nanoClock().getAsLong();
        OverlapScores scores = parts.prefixes().findMatches(hashes);
        parts.metrics().indexLookup(parts.nanoClock().getAsLong() - startNanos);
        return scores;
    }

    /// The same request as prefill workers see it: hashed anew only if they cut prompts
    /// differently.
    private SchedulingRequest prefillRequest(
            ModelRoute route, ModelCard prefillCard, SchedulingRequest serving, PromptReading prompt) {
        ModelCard card = route.workers().card();
        boolean sameBlocks =
                card.blockSizeTokens() == prefillCard.blockSizeTokens() && card.eagle() == prefillCard.eagle();
        return sameBlocks
                ? serving
                : schedulingRequest(prefillCard, ModelRoute.hasher(prefillCard, null), prompt)
                        .with(serving.constraints());
    }

    /// The prompt's blocks come to be where it is computed, and where they are transferred to.
    private void sent(Placement placement, SchedulingRequest serving, SchedulingRequest prefill) {
        @Nullable Selection prefillChoice = placement.prefill();
        if (prefillChoice != null) {
            parts.prefixes().routed(prefillChoice.chosen().worker(), prefill.hashes());
        }
        parts.prefixes().routed(placement.decode().chosen().worker(), serving.hashes());
    }

    private void remember(PlacementTask task, Placement placement) {
        PromptReading prompt = task.prompt();
        String model = task.route().workers().model();
        if (prompt.loadOnly() == null) {
            parts.metrics()
                    .prompt(model, prompt.promptTokens(), placement.reusing().cachedTokens());
        } else {
            parts.metrics().loadOnly(prompt.loadOnly());
        }
        history.add(new Decision(
                task.request().requestId(),
                model,
                prompt.promptTokens(),
                task.prefill().hashes().blockSizeTokens(),
                prompt.loadOnly(),
                placement.decode(),
                placement.prefill()));
    }
}
