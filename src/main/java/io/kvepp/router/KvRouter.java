package io.kvepp.router;

import io.kvepp.inference.BodySplice;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.TokenDataTarget;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.preprocess.PreprocessResult;
import io.kvepp.preprocess.Preprocessor;
import io.kvepp.preprocess.PreprocessorState;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SchedulingRequest.Phase;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.ModelCard;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The whole decision about one request: read it, find who holds its prompt, choose and book, write
/// the answer.
///
/// Thread-safe. [#onWorkers] is called by the discovery thread.
public final class KvRouter implements EndpointPicker {
    private static final Logger LOG = LoggerFactory.getLogger(KvRouter.class);

    private final RouterConfig config;
    private final RouterParts parts;
    private final FrontendEndpoints frontends;
    private final PickHistory history;
    private volatile RoutingTable table;

    public KvRouter(RouterConfig config, RouterParts parts, WorkerDirectory.Snapshot workers) {
        this.config = config;
        this.parts = parts;
        frontends = new FrontendEndpoints(config.frontendEndpoints());
        history = new PickHistory(config.pickHistoryMax());
        table = RoutingTable.first(workers);
    }

    /// Puts a new state of the worker directory in force for all picks that start from now on.
    public void onWorkers(WorkerDirectory.Snapshot workers) {
        table = table.next(workers);
    }

    /// A view for operators.
    public RouterInspection inspection() {
        return new RouterInspection(() -> table, parts, history);
    }

    @Override
    public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
        PendingPick pending = new PendingPick(listener);
        long startNanos = parts.nanoClock().getAsLong();
        if (request.body().length <= config.inlineBytesMax()) {
            run(request, pending, startNanos);
            return pending;
        }
        try {
            parts.pickThreads().execute(() -> run(request, pending, startNanos));
        } catch (RejectedExecutionException e) {
            pending.deliver(new PickResult.Rejected(RejectReason.OVERLOADED, "too many large requests at once"));
        }
        return pending;
    }

    private void run(PickRequest request, PendingPick pending, long startNanos) {
        if (pending.isCancelled()) {
            return;
        }
        PickResult result;
        try {
            result = decide(request);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("requestId", request.requestId())
                    .setCause(e)
                    .log("decision failed");
            result = new PickResult.Rejected(RejectReason.INTERNAL, "the decision failed");
        }
        parts.metrics().pickTime(parts.nanoClock().getAsLong() - startNanos);
        pending.deliver(result);
    }

    private PickResult decide(PickRequest request) {
        if (request.body().length == 0 && !request.method().equals("POST")) {
            return unplaced(request);
        }
        RoutingTable current = table;
        ParseResult parsed = parts.parser()
                .parse(
                        request.path(),
                        request.header("content-type"),
                        request.header("content-encoding"),
                        request.body());
        return switch (parsed) {
            case ParseResult.Malformed(var message, var _) -> new PickResult.Rejected(RejectReason.MALFORMED, message);
            case ParseResult.Unparsed(var reason) -> byLoad(request, current, reason.word());
            case ParseResult.Parsed(var inference) -> forModel(request, current, inference);
        };
    }

    /// Listings and probes: any frontend answers them, no worker is involved.
    private PickResult unplaced(PickRequest request) {
        FrontendEndpoints.Frontend frontend = frontends.enter();
        return new PickResult.Routed(
                frontend.endpoint(), parts.dialect().strip(request), BodyEdit.NONE, new RoutedRequest(frontend, null));
    }

    /// A body nobody read may be for any model: the least busy one takes it.
    private PickResult byLoad(PickRequest request, RoutingTable current, String reason) {
        Optional<ModelRoute> route = current.serving().stream().min(Comparator.comparingLong(this::leastBlocks));
        return route.isPresent()
                ? place(request, route.get(), PromptReading.unread(request, reason))
                : new PickResult.Rejected(RejectReason.NO_WORKERS, "no workers are ready");
    }

    private long leastBlocks(ModelRoute route) {
        return route.serving().stream()
                .mapToLong(rank -> parts.active().blocks(rank.slot()))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private PickResult forModel(PickRequest request, RoutingTable current, InferenceRequest inference) {
        @Nullable ModelRoute route = current.find(inference.model());
        if (route == null || route.serving().isEmpty()) {
            boolean known = route != null
                    || current.wasSeen(inference.model())
                    || current.directory().seen().isEmpty();
            return known
                    ? new PickResult.Rejected(RejectReason.NO_WORKERS, "model: no worker serves it now")
                    : new PickResult.Rejected(RejectReason.MODEL_NOT_FOUND, "model: not found");
        }
        return switch (parts.preprocessors().stateOf(route.workers().card())) {
            case PreprocessorState.Loading() -> place(request, route, PromptReading.unread(request, "loading"));
            case PreprocessorState.Failed(var _) -> place(request, route, PromptReading.unread(request, "unsupported"));
            case PreprocessorState.Ready(var preprocessor) -> read(request, route, inference, preprocessor);
        };
    }

    private PickResult read(
            PickRequest request, ModelRoute route, InferenceRequest inference, Preprocessor preprocessor) {
        return switch (preprocessor.preprocess(inference)) {
            case PreprocessResult.Invalid(var message) -> new PickResult.Rejected(RejectReason.MALFORMED, message);
            case PreprocessResult.Unprepared(var _) ->
                place(request, route, PromptReading.unread(request, "unprepared"));
            case PreprocessResult.Tokens(var tokenIds, var injectable) -> {
                BodyEdit body = injectable ? tokenData(inference, tokenIds) : BodyEdit.NONE;
                yield place(request, route, PromptReading.read(request, inference, tokenIds, body));
            }
        };
    }

    private BodyEdit tokenData(InferenceRequest inference, int[] tokenIds) {
        @Nullable TokenDataTarget target = inference.tokenDataTarget();
        if (!config.injectTokenData() || target == null) {
            return BodyEdit.NONE;
        }
        BodySplice.Splice splice = BodySplice.tokenData(target, tokenIds);
        return new BodyEdit(splice.offset(), splice.length(), splice.replacement());
    }

    private PickResult place(PickRequest request, ModelRoute route, PromptReading prompt) {
        SchedulingRequest serving = schedulingRequest(route.workers().card(), route.hasher(), prompt);
        SchedulingRequest prefill = serving;
        Placement placement;
        if (route.isDisaggregated() && route.prefillPool() instanceof PrefillPool.Active pool) {
            prefill = prefillRequest(route, pool.card(), serving, prompt);
            placement = parts.placements().disaggregated(pool, prefill, route.serving(), serving);
        } else {
            placement = parts.placements().aggregated(route.serving(), serving);
        }
        remember(request, route, prompt, placement, serving, prefill);
        @Nullable Selection prefillChoice = placement.prefill();
        @Nullable
        WorkerWithDpRank prefillWorker =
                prefillChoice == null ? null : prefillChoice.chosen().worker();
        FrontendEndpoints.Frontend frontend = frontends.enter();
        return new PickResult.Routed(
                frontend.endpoint(),
                parts.dialect().route(request, placement.decode().chosen().worker(), prefillWorker),
                prompt.body(),
                new RoutedRequest(frontend, placement));
    }

    private SchedulingRequest schedulingRequest(ModelCard card, BlockHasher unsalted, PromptReading prompt) {
        int @Nullable [] tokenIds = prompt.tokenIds();
        if (tokenIds == null) {
            BlockHashes none = BlockHashes.none(card.blockSizeTokens());
            return new SchedulingRequest(prompt.promptTokens(), none, OverlapScores.NONE, Phase.AGGREGATED);
        }
        BlockHasher hasher = prompt.cacheSalt() == null ? unsalted : ModelRoute.hasher(card, prompt.cacheSalt());
        BlockHashes hashes = hasher.hash(tokenIds);
        return new SchedulingRequest(
                prompt.promptTokens(), hashes, parts.indexer().findMatches(hashes), Phase.AGGREGATED);
    }

    /// The same request as prefill workers see it: hashed anew only if they cut prompts
    /// differently.
    private SchedulingRequest prefillRequest(
            ModelRoute route, ModelCard prefillCard, SchedulingRequest serving, PromptReading prompt) {
        ModelCard card = route.workers().card();
        boolean sameBlocks =
                card.blockSizeTokens() == prefillCard.blockSizeTokens() && card.eagle() == prefillCard.eagle();
        return sameBlocks ? serving : schedulingRequest(prefillCard, ModelRoute.hasher(prefillCard, null), prompt);
    }

    private void remember(
            PickRequest request,
            ModelRoute route,
            PromptReading prompt,
            Placement placement,
            SchedulingRequest serving,
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
                placement,
                serving.overlaps(),
                prefill.overlaps()));
    }
}
