package io.kvepp.router;

import io.kvepp.inference.BodySplice;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.TokenDataTarget;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.preprocess.PreprocessResult;
import io.kvepp.preprocess.PreprocessorState;
import io.kvepp.router.PoolEndpoints.Pod;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The whole decision about one request: read it, find who holds its prompt, choose and book, write
/// the answer.
///
/// Thread-safe. [#onWorkers] is called by the discovery thread.
public final class KvRouter implements EndpointPicker {
    private static final Logger LOG = LoggerFactory.getLogger(KvRouter.class);

    private static final int MODEL_CHARS_SHOWN_MAX = 128;

    /// More tokens than any context has.
    private static final int PROMPT_TOKENS_MAX = 4 << 20;

    private static final PickResult CLIENT_TOKEN_DATA_REFUSED = new PickResult.Rejected(
            RejectReason.MALFORMED, "nvext.token_data: given (expected: none)", "nvext.token_data");

    private static final PickResult OUTSIDE_THE_SUBSET = new PickResult.Rejected(
            RejectReason.NO_WORKERS, "no ready endpoint is among those that the gateway allows", null);

    private static final PickResult NO_ENDPOINT_READY =
            new PickResult.Rejected(RejectReason.NO_WORKERS, "no endpoint is ready", null);

    private static final PickResult NO_JSON = new PickResult.Rejected(
            RejectReason.UNSUPPORTED_MEDIA_TYPE, "content-type: not JSON (expected: application/json)", null);

    /// Nobody waits for the result any more.
    private static final PickResult CANCELLED =
            new PickResult.Rejected(RejectReason.INTERNAL, "the pick was cancelled", null);

    private final RouterConfig config;
    private final RouterParts parts;
    private final FrontendEndpoints frontends;
    private final PoolDestinations engines;
    private final ConcurrentMap<String, PoolDestinations> pools = new ConcurrentHashMap<>();
    private final PickHistory history;
    private final Admission admission;
    private volatile RoutingTable table;
    private volatile Map<Long, String> engineAddresses = Map.of();

    public KvRouter(RouterConfig config, RouterParts parts, WorkerDirectory.Snapshot workers) {
        this.config = config;
        this.parts = parts;
        frontends = new FrontendEndpoints(config.frontendEndpoints(), parts.nanoClock());
        engines = new PoolDestinations(parts.nanoClock(), Map::of);
        history = new PickHistory(config.pickHistoryMax());
        admission = new Admission(
                parts, new WorkerPlacer(config, parts, this::destinations, history, this::routeOf), this::routeOf);
        table = RoutingTable.first(workers);
        parts.queues().onWorkers(table.capacities(), table.routes().keySet());
    }

    /// Puts a new state of the worker directory in force for all picks that start from now on.
    public void onWorkers(WorkerDirectory.Snapshot workers) {
        RoutingTable next = table.next(workers);
        PoolEndpoints serving = engines(workers);
        engines.update(serving);
        engineAddresses = canonical(serving);
        table = next;
        parts.queues().onWorkers(next.capacities(), next.routes().keySet());
        parts.reuse()
                .retain(workers.workers().workers().stream().map(Worker::id).collect(Collectors.toSet()));
    }

    /// Puts the endpoints of a pool in force for its requests, those that wait included.
    public void onPool(String pool, PoolEndpoints endpoints) {
        poolDestinations(pool).update(endpoints);
        parts.queues().displaceAll();
    }

    private Destinations destinations(PickRequest request) {
        if (request.pool() != null) {
            return poolDestinations(request.pool());
        }
        return engines.hasAny(null) ? engines : frontends;
    }

    /// The workers that serve their requests themselves.
    private static PoolEndpoints engines(WorkerDirectory.Snapshot workers) {
        Map<Long, Pod> byWorker = new HashMap<>();
        for (Worker worker : workers.workers().workers()) {
            if (worker.address() != null) {
                byWorker.put(worker.id(), Pod.entered(List.of(worker.address())));
            }
        }
        return new PoolEndpoints(
                byWorker.values().stream()
                        .map(pod -> pod.entries().getFirst())
                        .sorted()
                        .toList(),
                byWorker);
    }

    private static Map<Long, String> canonical(PoolEndpoints serving) {
        Map<Long, String> addresses = new HashMap<>();
        serving.byWorker()
                .forEach((id, pod) ->
                        addresses.put(id, EndpointSubset.canonical(pod.entries().getFirst())));
        return Map.copyOf(addresses);
    }

    private PoolDestinations poolDestinations(String pool) {
        return pools.computeIfAbsent(pool, _ -> new PoolDestinations(parts.nanoClock(), () -> engineAddresses));
    }

    private @Nullable ModelRoute routeOf(String model) {
        return table.find(model);
    }

    /// Whether there is a model, and each one's requests can be served by the workers there are.
    public boolean servesAll() {
        RoutingTable current = table;
        return !current.routes().isEmpty()
                && current.routes().values().stream()
                        .allMatch(route -> !route.serving().isEmpty()
                                && route.prefillPool().canServe(parts.prefill().enforceDisagg()));
    }

    /// A view for operators.
    public RouterInspection inspection() {
        return new RouterInspection(() -> table, parts, history);
    }

    @Override
    public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
        PendingPick pending = new PendingPick(
                request.path().isEmpty() ? result -> listener.accept(inFormOfItsApi(request, result)) : listener);
        long startNanos = parts.nanoClock().getAsLong();
        if (request.body().length <= config.inlineBytesMax()) {
            run(request, pending, startNanos);
            return pending;
        }
        try {
            parts.pickThreads().execute(request.body().length, () -> run(request, pending, startNanos));
        } catch (RejectedExecutionException e) {
            pending.deliver(new PickResult.Rejected(RejectReason.OVERLOADED, "too many large requests at once", null));
        }
        return pending;
    }

    /// Where the gateway tells no path, only the body knows what its client speaks; there is no time to
    /// read it when it is refused for want of time.
    private PickResult inFormOfItsApi(PickRequest request, PickResult result) {
        return result instanceof PickResult.Rejected rejected && rejected.reason() != RejectReason.OVERLOADED
                ? rejected.inFormOf(parts.parser().api("", request.body()))
                : result;
    }

    private void run(PickRequest request, PendingPick pending, long startNanos) {
        if (pending.isCancelled()) {
            return;
        }
        @Nullable PickResult result;
        try {
            result = decide(request, pending);
        } catch (RuntimeException | StackOverflowError e) {
            LOG.atError()
                    .addKeyValue("requestId", request.requestId())
                    .setCause(e)
                    .log("decision failed");
            result = new PickResult.Rejected(RejectReason.INTERNAL, "the decision failed", null);
        }
        parts.metrics().pickTime(parts.nanoClock().getAsLong() - startNanos);
        if (result != null) {
            pending.deliver(result);
        }
    }

    /// Null when the request waits for a worker.
    private @Nullable PickResult decide(PickRequest request, PendingPick pending) {
        if (!destinations(request).hasAny(request.subset())) {
            return request.subset() == null ? NO_ENDPOINT_READY : OUTSIDE_THE_SUBSET;
        }
        RoutingTable current = table;
        if (request.bodyUnseen()) {
            return unread(request, current, "unseen", null, pending);
        }
        if (request.body().length == 0 && !request.method().equals("POST")) {
            return unplaced(request);
        }
        ParseResult parsed = parts.parser()
                .parse(
                        request.path(),
                        request.header("content-type"),
                        request.header("content-encoding"),
                        request.body());
        if (pending.isCancelled()) {
            return CANCELLED;
        }
        return switch (parsed) {
            case ParseResult.Malformed(var message, var param) ->
                new PickResult.Rejected(RejectReason.MALFORMED, message, param);
            case ParseResult.Unparsed(var reason, var _) when reason == UnparsedReason.CONTENT_TYPE -> NO_JSON;
            case ParseResult.Unparsed(var reason, var model)
            when reason == UnparsedReason.PATH ->
                unread(request, current, reason.word(), served(current, model), pending);
            case ParseResult.Unparsed(var reason, var model) -> unread(request, current, reason.word(), model, pending);
            case ParseResult.Parsed(var inference)
            when inference.clientTokenData() != null && !config.usesClientTokenData() -> CLIENT_TOKEN_DATA_REFUSED;
            case ParseResult.Parsed(var inference) -> {
                @Nullable ModelRoute route = route(request, current, inference.model());
                yield route == null
                        ? nobody(request, current, inference.model())
                        : forModel(request, route, inference, pending);
            }
        };
    }

    /// Listings and probes: any endpoint answers them, no worker is involved.
    private PickResult unplaced(PickRequest request) {
        Destinations destinations = destinations(request);
        FrontendEndpoints.@Nullable Frontend frontend = destinations.enter(null, request.subset());
        if (frontend == null) {
            return OUTSIDE_THE_SUBSET;
        }
        return new PickResult.Routed(
                frontend.endpoint(),
                destinations.others(frontend, request.subset(), config.fallbackEndpoints()),
                parts.dialect().strip(request),
                BodyEdit.NONE,
                null,
                null,
                new RoutedRequest(frontend, null, parts.health()));
    }

    /// A body nobody read goes to the least busy worker: of its model if that is known, else of
    /// any.
    private @Nullable PickResult unread(
            PickRequest request, RoutingTable current, String reason, @Nullable String model, PendingPick pending) {
        @Nullable ModelRoute route = route(request, current, model);
        return route == null
                ? nobody(request, current, model)
                : admission.place(request, route, PromptReading.unread(request, reason, null), pending);
    }

    private static @Nullable String served(RoutingTable current, @Nullable String model) {
        @Nullable ModelRoute route = model == null ? null : current.find(model);
        return route == null || route.serving().isEmpty() ? null : model;
    }

    /// How the model is served, or when it is not known the least busy one; null when nobody serves
    /// it. Where models that nobody serves are routed, that is one that no worker of the request's
    /// pool serves.
    private @Nullable ModelRoute route(PickRequest request, RoutingTable current, @Nullable String model) {
        Destinations destinations = destinations(request);
        if (model == null) {
            return current.leastBusy(parts.active(), ranks -> destinations.reachable(ranks, request.subset()));
        }
        @Nullable ModelRoute route = current.find(model);
        boolean served = route != null
                && !route.serving().isEmpty()
                && (!config.routesUnknownModels()
                        || !destinations.reachable(route.serving(), null).isEmpty());
        return served ? route : null;
    }

    private PickResult nobody(PickRequest request, RoutingTable current, @Nullable String model) {
        return config.routesUnknownModels() ? unplaced(request) : nobodyServes(current, model);
    }

    private static PickResult nobodyServes(RoutingTable current, @Nullable String model) {
        if (model == null || current.directory().seen().isEmpty()) {
            return new PickResult.Rejected(RejectReason.NO_WORKERS, "no workers are ready", null);
        }
        String shown = model.length() <= MODEL_CHARS_SHOWN_MAX ? model : model.substring(0, MODEL_CHARS_SHOWN_MAX);
        return current.wasSeen(model)
                ? new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "model: " + shown + ": no worker serves it now", "model")
                : new PickResult.Rejected(
                        RejectReason.MODEL_NOT_FOUND, "model: " + shown + " (expected: one that is served)", "model");
    }

    private @Nullable PickResult forModel(
            PickRequest request, ModelRoute route, InferenceRequest inference, PendingPick pending) {
        return switch (parts.preprocessors().stateOf(route.workers().card())) {
            case PreprocessorState.Loading() ->
                admission.place(request, route, PromptReading.unread(request, "loading", inference), pending);
            case PreprocessorState.Failed(var _) ->
                admission.place(request, route, PromptReading.unread(request, "unsupported", inference), pending);
            case PreprocessorState.Ready(var preprocessor) -> {
                PreprocessResult result = preprocessor.preprocess(inference);
                yield pending.isCancelled() ? CANCELLED : read(request, route, inference, result, pending);
            }
        };
    }

    private @Nullable PickResult read(
            PickRequest request,
            ModelRoute route,
            InferenceRequest inference,
            PreprocessResult result,
            PendingPick pending) {
        return switch (result) {
            case PreprocessResult.Invalid(var message) ->
                new PickResult.Rejected(RejectReason.MALFORMED, message, null);
            case PreprocessResult.Beyond(var promptTokens, var otherwise) ->
                config.refusesLongPrompts()
                        ? beyondContext(route, promptTokens)
                        : read(request, route, inference, otherwise, pending);
            case PreprocessResult.Unprepared(var _) ->
                admission.place(request, route, PromptReading.unread(request, "unprepared", inference), pending);
            case PreprocessResult.Tokens(var tokenIds, var _)
            when tokenIds.length > PROMPT_TOKENS_MAX
                    && (!config.refusesLongPrompts() || fits(route, tokenIds.length)) ->
                admission.place(request, route, PromptReading.unread(request, "too-long", inference), pending);
            case PreprocessResult.Tokens(var tokenIds, var injectable) -> {
                BodyEdit body = injectable ? tokenData(inference, tokenIds) : BodyEdit.NONE;
                yield fits(route, tokenIds.length)
                        ? admission.place(
                                request, route, PromptReading.read(request, inference, tokenIds, body), pending)
                        : tooLong(request, route, PromptReading.tooLong(tokenIds.length, body, inference), pending);
            }
            case PreprocessResult.BeforeMedia(var tokenIds, var promptTokens) ->
                admission.place(
                        request, route, PromptReading.beforeMedia(request, inference, tokenIds, promptTokens), pending);
        };
    }

    private static boolean fits(ModelRoute route, int promptTokens) {
        int context = route.workers().card().limits().contextLengthTokens();
        return context == 0 || promptTokens <= context;
    }

    /// A prompt beyond the context fits no worker: its blocks are not worth hashing or counting.
    private @Nullable PickResult tooLong(
            PickRequest request, ModelRoute route, PromptReading prompt, PendingPick pending) {
        if (!config.refusesLongPrompts()) {
            return admission.place(request, route, prompt, pending);
        }
        return beyondContext(route, prompt.promptTokens());
    }

    private static PickResult beyondContext(ModelRoute route, int promptTokens) {
        long limit = route.workers().card().limits().contextLengthTokens();
        return new PickResult.Rejected(
                RejectReason.CONTEXT_LENGTH,
                "This model's maximum context length is " + limit + " tokens. However, your messages resulted in "
                        + promptTokens + " tokens. Please reduce the length of the messages.",
                null,
                Map.of("limit", limit, "actual", (long) promptTokens));
    }

    private BodyEdit tokenData(InferenceRequest inference, int[] tokenIds) {
        @Nullable TokenDataTarget target = inference.tokenDataTarget();
        if (!config.injectTokenData() || target == null) {
            return BodyEdit.NONE;
        }
        BodySplice.Splice splice = BodySplice.tokenData(target, tokenIds);
        return new BodyEdit(splice.offset(), splice.length(), splice.replacement());
    }
}
