package io.kvepp.router;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.ModelCard;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
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
        RoutingConstraints constraints = new RoutingConstraints(
                null, prompt.hints().requiredTaints(), prompt.hints().preferredTaints());
        SchedulingRequest serving = schedulingRequest(route.workers().card(), route.hasher(), prompt)
                .with(constraints);
        List<RankSlot> candidates = parts.health().usable(constraints.eligible(route.serving()));
        if (candidates.isEmpty()) {
            return noneEligible("worker");
        }
        if (route.prefillPool() instanceof PrefillPool.Active pool) {
            SchedulingRequest prefill = prefillRequest(route, pool.card(), serving, prompt);
            PrefillPool.Active usable =
                    new PrefillPool.Active(pool.card(), parts.health().usable(constraints.eligible(pool.ranks())));
            if (usable.ranks().isEmpty()) {
                return noneEligible("prefill worker");
            }
            Placement placement = parts.placements().disaggregated(usable, prefill, candidates, serving);
            return routed(request, route, prompt, placement, serving, prefill);
        }
        Placement placement = parts.placements().aggregated(candidates, serving);
        return routed(request, route, prompt, placement, serving, serving);
    }

    private static PickResult noneEligible(String role) {
        return new PickResult.Rejected(
                RejectReason.NO_WORKERS,
                "no " + role + " has the taints that the request requires",
                "nvext.routing_constraints.required_taints");
    }

    /// From here on the lifecycle owns what is booked, and gives it back if the answer cannot be
    /// made.
    private PickResult.Routed routed(
            PickRequest request,
            ModelRoute route,
            PromptReading prompt,
            Placement placement,
            SchedulingRequest serving,
            SchedulingRequest prefill) {
        FrontendEndpoints.Frontend frontend = frontends.enter();
        placement.forEachSlot(parts.health()::chosen);
        RoutedRequest lifecycle = new RoutedRequest(frontend, placement, output(prompt, serving), parts.health());
        try {
            sent(placement, serving, prefill);
            remember(request, route, prompt, placement, prefill);
            @Nullable Selection prefillChoice = placement.prefill();
            @Nullable
            WorkerWithDpRank prefillWorker =
                    prefillChoice == null ? null : prefillChoice.chosen().worker();
            return new PickResult.Routed(
                    frontend.endpoint(),
                    parts.dialect().route(request, placement.decode().chosen().worker(), prefillWorker),
                    prompt.body(),
                    lifecycle);
        } catch (RuntimeException e) {
            lifecycle.completed();
            throw e;
        }
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

    private void remember(
            PickRequest request,
            ModelRoute route,
            PromptReading prompt,
            Placement placement,
            SchedulingRequest prefill) {
        String model = route.workers().model();
        if (prompt.loadOnly() == null) {
            parts.metrics()
                    .prompt(model, prompt.promptTokens(), placement.reusing().cachedTokens());
        } else {
            parts.metrics().loadOnly(prompt.loadOnly());
        }
        history.add(new Decision(
                request.requestId(),
                model,
                prompt.promptTokens(),
                prefill.hashes().blockSizeTokens(),
                prompt.loadOnly(),
                placement.decode(),
                placement.prefill()));
    }
}
