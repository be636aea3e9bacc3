package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.worker.RankSlot;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The second half of a decision: hash the prompt, look it up, choose and book, write the answer.
///
/// Thread-safe.
final class WorkerPlacer {
    /// Further choices for one request when the chosen worker has just left.
    private static final int RESELECTIONS_MAX = 3;

    private static final int SESSION_ID_BYTES_MAX = 256;

    private final RouterParts parts;
    private final PromptLookup lookup;
    private final ClientPins clientPins;
    private final Placements looking;
    private final QueryAnswer queryAnswer;
    private final RoutedAnswers answers;
    private final Supplier<RoutingTable> table;

    /// @param table the one in force
    WorkerPlacer(
            RouterConfig config,
            RouterParts parts,
            FrontendEndpoints frontends,
            PickHistory history,
            Supplier<RoutingTable> table) {
        this.parts = parts;
        this.table = table;
        lookup = new PromptLookup(parts);
        clientPins = new ClientPins(config.clientPins());
        looking = parts.placements().looking();
        queryAnswer = new QueryAnswer(parts.clock());
        answers = new RoutedAnswers(config, parts, frontends, history);
    }

    /// Places a request for a model among the workers there are now, which may be others than when
    /// its reading began; again if the chosen one leaves meanwhile.
    @SuppressWarnings("ReferenceEquality") // the very same route: nothing changed
    PickResult place(PickRequest request, String model, PromptReading prompt) {
        @Nullable ModelRoute route = table.get().find(model);
        for (int reselections = 0; route != null && !route.serving().isEmpty(); reselections++) {
            PickResult result = placeOn(route, request, prompt);
            @Nullable ModelRoute now = table.get().find(model);
            if (now == route || isServed(result, now) || reselections == RESELECTIONS_MAX) {
                return result;
            }
            withdraw(result);
            route = now;
        }
        return new PickResult.Rejected(
                RejectReason.NO_WORKERS, "model: its last worker left (expected: one that serves it)", "model");
    }

    private static boolean isServed(PickResult result, @Nullable ModelRoute route) {
        if (result instanceof PickResult.Routed routed && routed.lifecycle() instanceof RoutedRequest request) {
            @Nullable Placement placement = request.placement();
            return placement == null || (route != null && route.serves(placement));
        }
        return true;
    }

    private static void withdraw(PickResult result) {
        if (result instanceof PickResult.Routed routed) {
            routed.lifecycle().withdrawn();
        }
    }

    private PickResult placeOn(ModelRoute route, PickRequest request, PromptReading prompt) {
        return switch (clientPins.choice(
                parts.dialect().pins(request), prompt.hints().pins(), route)) {
            case ClientPins.Choice.Refused(var answer) -> answer;
            case ClientPins.Choice.Among pinned -> {
                @Nullable Session session = pinned.isFree() ? session(request, route) : null;
                yield session != null && isTooLong(session)
                        ? new PickResult.Rejected(
                                RejectReason.MALFORMED,
                                "session id: too long (expected: at most " + SESSION_ID_BYTES_MAX + " bytes)",
                                null)
                        : placeAmong(pinned, route, request, prompt, session);
            }
        };
    }

    private @Nullable Session session(PickRequest request, ModelRoute route) {
        @Nullable String id = parts.sessions().isOn() ? parts.dialect().session(request) : null;
        return id == null ? null : new Session(route.workers().model(), id);
    }

    private static boolean isTooLong(Session session) {
        return session.id().getBytes(StandardCharsets.UTF_8).length > SESSION_ID_BYTES_MAX;
    }

    private PickResult placeAmong(
            ClientPins.Choice.Among pinned,
            ModelRoute route,
            PickRequest request,
            PromptReading prompt,
            @Nullable Session session) {
        SchedulingRequest serving = lookup.serving(route, prompt);
        List<RankSlot> candidates = usable(route.serving(), pinned.serving(), serving.constraints());
        if (candidates.isEmpty()) {
            return noneEligible("worker");
        }
        Placements placements = prompt.hints().queryOnly() ? looking : parts.placements();
        if (!(route.prefillPool() instanceof PrefillPool.Active pool)) {
            Placement placement = placements.aggregated(candidates, serving, session);
            return answer(new Placed(request, route, prompt, serving, serving, placement));
        }
        SchedulingRequest prefill = lookup.prefill(route, pool.card(), serving, prompt);
        List<RankSlot> prefillCandidates = usable(pool.ranks(), pinned.prefill(), serving.constraints());
        if (prefillCandidates.isEmpty()) {
            return noneEligible("prefill worker");
        }
        Placement placement = placements.disaggregated(prefillCandidates, prefill, candidates, serving, session);
        return answer(new Placed(request, route, prompt, serving, prefill, placement));
    }

    private PickResult answer(Placed placed) {
        return placed.prompt().hints().queryOnly() ? queryAnswer.of(placed) : answers.routed(placed);
    }

    /// Who may be chosen: those the client names, whatever became of their requests, else all whose
    /// requests do not fail.
    private List<RankSlot> usable(
            List<RankSlot> candidates, @Nullable List<RankSlot> pinned, RoutingConstraints constraints) {
        return pinned == null ? parts.health().usable(constraints.eligible(candidates)) : constraints.eligible(pinned);
    }

    private static PickResult noneEligible(String role) {
        return new PickResult.Rejected(
                RejectReason.NO_WORKERS,
                "no " + role + " has the taints that the request requires",
                "nvext.routing_constraints.required_taints");
    }
}
