package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.worker.RankSlot;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The second half of a decision: hash the prompt, look it up, choose and book, write the answer.
///
/// Thread-safe.
final class WorkerPlacer {
    /// Further choices for one request when the chosen worker has just left.
    private static final int RESELECTIONS_MAX = 3;

    private static final int SESSION_ID_BYTES_MAX = 256;

    private final RouterParts parts;
    private final Function<PickRequest, Destinations> destinations;
    private final Function<String, @Nullable ModelRoute> routes;
    private final PromptLookup lookup;
    private final ClientPins clientPins;
    private final Placements looking;
    private final QueryAnswer queryAnswer;
    private final RoutedAnswers answers;

    /// `destinations`: where a request may go; `routes`: how a model is served now, null when nobody
    /// serves it
    WorkerPlacer(
            RouterConfig config,
            RouterParts parts,
            Function<PickRequest, Destinations> destinations,
            PickHistory history,
            Function<String, @Nullable ModelRoute> routes) {
        this.parts = parts;
        this.destinations = destinations;
        this.routes = routes;
        lookup = new PromptLookup(parts);
        clientPins = new ClientPins(config.clientPins());
        looking = parts.placements().looking();
        queryAnswer = new QueryAnswer(parts.parser(), parts.clock());
        answers = new RoutedAnswers(config, parts, history);
    }

    /// Hashes the prompt and looks it up.
    PlacementTask prepare(PickRequest request, ModelRoute route, PromptReading prompt) {
        SchedulingRequest serving = lookup.serving(route, prompt);
        SchedulingRequest prefill = route.prefillPool() instanceof PrefillPool.Active pool
                ? lookup.prefill(route, pool.card(), serving, prompt)
                : serving;
        ClientPins.Choice pins =
                clientPins.choice(parts.dialect().pins(request), prompt.hints().pins(), route);
        @Nullable Session session = pins.equals(ClientPins.Choice.FREE) ? session(request, route) : null;
        return new PlacementTask(request, destinations.apply(request), route, prompt, serving, prefill, pins, session);
    }

    /// Looks the same prompt up again.
    PlacementTask lookedUpAgain(PlacementTask task) {
        SchedulingRequest serving = lookup.again(task.serving());
        boolean sameBlocks = task.serving().equals(task.prefill());
        return new PlacementTask(
                task.request(),
                task.destinations(),
                task.route(),
                task.prompt(),
                serving,
                sameBlocks ? serving : lookup.again(task.prefill()),
                task.pins(),
                task.session());
    }

    /// Chooses and books among the workers there are now, which may be others than when the prompt
    /// was looked up; again if the chosen one leaves meanwhile. A task is placed once.
    @SuppressWarnings("ReferenceEquality") // the very same route: nothing changed
    PickResult place(PlacementTask looked) {
        String model = looked.route().workers().model();
        PlacementTask task = looked;
        for (int reselections = 0; ; reselections++) {
            @Nullable ModelRoute route = routes.apply(model);
            if (route == null || route.serving().isEmpty()) {
                return nobodyLeft();
            }
            task = route == task.route() ? task : prepare(task.request(), route, task.prompt());
            PickResult result = placeOnce(task);
            @Nullable ModelRoute now = routes.apply(model);
            if (now == route || reselections == RESELECTIONS_MAX || isServed(result, now)) {
                lookup.finished(task);
                return result;
            }
            withdraw(result);
        }
    }

    /// Why the request cannot be placed now, and need not wait either; null when it can.
    @Nullable
    PickResult refusal(PlacementTask task) {
        return refusal(task, usable(task));
    }

    private @Nullable PickResult refusal(PlacementTask task, UsableRanks ranks) {
        if (task.pins() instanceof ClientPins.Choice.Refused(var answer)) {
            return answer;
        }
        if (task.session() != null && isTooLong(task.session())) {
            return new PickResult.Rejected(
                    RejectReason.MALFORMED,
                    "session id: too long (expected: at most " + SESSION_ID_BYTES_MAX + " bytes)",
                    null);
        }
        if (!task.isReachable()) {
            return RoutedAnswers.NO_ENDPOINT;
        }
        ModelRoute route = task.route();
        if (!route.prefillPool().canServe(parts.prefill().enforceDisagg())) {
            return new PickResult.Rejected(
                    RejectReason.NO_WORKERS,
                    "model: " + route.workers().model() + ": no prefill worker serves it now",
                    "model");
        }
        @Nullable PickResult serving = refusal(task, task.servingRanks(), ranks.serving(), "worker");
        return serving == null && route.prefillPool() instanceof PrefillPool.Active pool
                ? prefillRefusal(task, pool, ranks)
                : serving;
    }

    private @Nullable PickResult prefillRefusal(PlacementTask task, PrefillPool.Active pool, UsableRanks ranks) {
        @Nullable PickResult prefill = refusal(task, task.prefillRanks(pool), ranks.prefill(), "prefill worker");
        boolean stranded = prefill == null && ranks.inReach().isEmpty();
        return stranded
                ? new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "no decode worker is in reach of a prefill worker", null)
                : prefill;
    }

    /// Who may be given the request now: looked at once, since load changes at any moment.
    ///
    /// - `inReach`: of `prefill`, those whose KV cache can get to one of `serving`
    private record UsableRanks(List<RankSlot> serving, List<RankSlot> prefill, List<RankSlot> inReach) {}

    private UsableRanks usable(PlacementTask task) {
        ModelRoute route = task.route();
        List<RankSlot> serving =
                usable(route, task.servingRanks(), task.pinned().serving() != null);
        if (!(route.prefillPool() instanceof PrefillPool.Active pool)) {
            return new UsableRanks(serving, List.of(), List.of());
        }
        List<RankSlot> prefill =
                usable(route, task.prefillRanks(pool), task.pinned().prefill() != null);
        return new UsableRanks(
                serving,
                prefill,
                route.transfers().reachable(prefill, serving, task.serving().constraints()));
    }

    static PickResult nobodyLeft() {
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

    private PickResult placeOnce(PlacementTask task) {
        UsableRanks ranks = usable(task);
        @Nullable PickResult refusal = refusal(task, ranks);
        if (refusal != null) {
            return refusal;
        }
        boolean queryOnly = task.prompt().hints().queryOnly();
        Placement placement = placement(task, ranks, queryOnly ? looking : parts.placements());
        return queryOnly ? queryAnswer.of(task, placement) : answers.routed(task, placement);
    }

    private static Placement placement(PlacementTask task, UsableRanks ranks, Placements placements) {
        return task.route().prefillPool() instanceof PrefillPool.Active
                ? placements.disaggregated(
                        ranks.inReach(),
                        task.prefill(),
                        ranks.serving(),
                        task.serving(),
                        task.route().transfers(),
                        task.session())
                : placements.aggregated(ranks.serving(), task.serving(), task.session());
    }

    private @Nullable Session session(PickRequest request, ModelRoute route) {
        @Nullable String id = parts.sessions().isOn() ? parts.dialect().session(request) : null;
        return id == null ? null : new Session(route.workers().model(), id);
    }

    private static boolean isTooLong(Session session) {
        return session.id().getBytes(StandardCharsets.UTF_8).length > SESSION_ID_BYTES_MAX;
    }

    private @Nullable PickResult refusal(
            PlacementTask task, List<RankSlot> eligible, List<RankSlot> usable, String role) {
        if (eligible.isEmpty()) {
            return new PickResult.Rejected(
                    RejectReason.NO_WORKERS,
                    "no " + role + " has the taints that the request requires",
                    "nvext.routing_constraints.required_taints");
        }
        return usable.isEmpty() ? overloaded(task.route(), role, eligible) : null;
    }

    /// Those of the ranks that may be given requests now. Whom the client names may be, whatever
    /// became of their requests.
    private List<RankSlot> usable(ModelRoute route, List<RankSlot> ranks, boolean pinned) {
        List<RankSlot> healthy = pinned ? ranks : parts.health().usable(ranks);
        return parts.overload().usable(route.workers().model(), healthy, route.capacities());
    }

    /// Only a frontend's clients know the status that Dynamo answers then.
    private static boolean isEngine(ModelRoute route, List<RankSlot> ranks) {
        return route.addressOf(ranks.getFirst().worker()) != null;
    }

    private PickResult overloaded(ModelRoute route, String role, List<RankSlot> ranks) {
        String model = route.workers().model();
        long tokens = ranks.stream()
                .mapToLong(rank -> parts.active().prefillTokens(rank.slot()))
                .sum();
        return new PickResult.Rejected(
                isEngine(route, ranks) ? RejectReason.ENGINES_OVERLOADED : RejectReason.WORKERS_OVERLOADED,
                "model: " + model + ": every " + role + " that could serve it is overloaded",
                "model",
                Map.of(),
                parts.queues().drain(model).retryAfterSeconds(tokens));
    }
}
