package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.queue.AdmissionQueue;
import io.kvepp.scheduling.queue.QueuedRequest;
import io.kvepp.scheduling.queue.Refusal;
import io.kvepp.scheduling.queue.Waiter;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Places a request at once, or lets it wait until a worker has room.
///
/// Thread-safe.
final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final RouterParts parts;
    private final WorkerPlacer placer;
    private final Function<String, @Nullable ModelRoute> routes;

    /// `routes`: how a model is served now, null when nobody serves it
    Admission(RouterParts parts, WorkerPlacer placer, Function<String, @Nullable ModelRoute> routes) {
        this.parts = parts;
        this.placer = placer;
        this.routes = routes;
    }

    /// The result, or null when the request waits and `pending` will be told. `route` had a serving
    /// rank when the reading of the prompt began.
    @Nullable
    PickResult place(PickRequest request, ModelRoute route, PromptReading prompt, PendingPick pending) {
        return place(request, route, prompt, pending, parts.nanoClock().getAsLong());
    }

    private @Nullable PickResult place(
            PickRequest request, ModelRoute route, PromptReading prompt, PendingPick pending, long arrivedNanos) {
        @Nullable ModelRoute now = routes.apply(route.workers().model());
        if (now == null || now.serving().isEmpty()) {
            return WorkerPlacer.nobodyLeft();
        }
        PlacementTask task = placer.prepare(request, now, prompt);
        @Nullable AdmissionQueue queue = parts.queues().of(route.workers().model());
        if (queue == null || prompt.hints().queryOnly()) {
            return shedIfAsked(request, placer.place(task));
        }
        @Nullable PickResult refusal = placer.refusal(task);
        return refusal == null ? new Waiting(task, pending, arrivedNanos).ask(queue) : shedIfAsked(request, refusal);
    }

    /// Where others are told of an overload, a request of negative priority has been shed.
    private static PickResult shedIfAsked(PickRequest request, PickResult result) {
        return request.priority() < 0
                        && result instanceof PickResult.Rejected told
                        && (told.reason() == RejectReason.WORKERS_OVERLOADED
                                || told.reason() == RejectReason.ENGINES_OVERLOADED)
                ? new PickResult.Rejected(
                        RejectReason.SHED, told.message(), null, told.details(), told.retryAfterSeconds())
                : result;
    }

    /// One request at the queue of its model.
    private final class Waiting implements Waiter {
        private final PlacementTask task;
        private final PendingPick pending;
        private final long arrivedNanos;
        private @Nullable PickResult result; // guarded by the queue until it is handed over

        Waiting(PlacementTask task, PendingPick pending, long arrivedNanos) {
            this.task = task;
            this.pending = pending;
            this.arrivedNanos = arrivedNanos;
        }

        @Nullable
        PickResult ask(AdmissionQueue queue) {
            List<RankSlot> ranks = task.computing();
            Priority priority = Priority.of(task.request(), task.prompt().hints());
            AdmissionQueue.Answer answer = queue.ask(new QueuedRequest(
                    priority.policyClass(),
                    priority.strict(),
                    priority.jump(),
                    task.prompt().promptTokens(),
                    task.cachedTokensMax(ranks),
                    arrivedNanos,
                    ranks,
                    this));
            return switch (answer) {
                case AdmissionQueue.Answer.Admitted _ -> result;
                case AdmissionQueue.Answer.Waits(var leave) -> {
                    pending.onCancel(leave);
                    yield null;
                }
                case AdmissionQueue.Answer.Refused(var refusal) -> rejected(refusal);
            };
        }

        @Override
        public void admit(long waitedNanos) {
            if (waitedNanos > 0) {
                parts.metrics().queueWait(waitedNanos);
            }
            long refreshNanos = parts.queues().config().overlapRefreshAfter().toNanos();
            boolean stale = refreshNanos > 0 && waitedNanos > refreshNanos;
            try {
                result = placer.place(stale ? placer.lookedUpAgain(task) : task);
            } catch (RuntimeException e) {
                LOG.atError()
                        .addKeyValue("requestId", task.request().requestId())
                        .setCause(e)
                        .log("decision failed");
                result = new PickResult.Rejected(RejectReason.INTERNAL, "the decision failed", null);
            }
        }

        @Override
        public void admitted() {
            if (result != null) {
                pending.deliver(result);
            }
        }

        @Override
        public void refused(Refusal refusal) {
            pending.deliver(rejected(refusal));
        }

        @Override
        public void displaced() {
            @Nullable PickResult again = place(task.request(), task.route(), task.prompt(), pending, arrivedNanos);
            if (again != null) {
                pending.deliver(again);
            }
        }

        private PickResult rejected(Refusal refusal) {
            boolean prefill = task.route().prefillPool() instanceof PrefillPool.Active;
            String what = prefill ? "prefill worker" : "worker";
            RejectReason reason = switch (refusal.reason()) {
                case FULL -> prefill ? RejectReason.PREFILL_FULL : RejectReason.QUEUE_FULL;
                case SHED -> RejectReason.SHED;
                case TIMEOUT -> RejectReason.QUEUE_TIMEOUT;
            };
            String message = switch (refusal.reason()) {
                case FULL -> "too many requests wait for a " + what;
                case SHED ->
                    task.request().priority() < 0
                            ? "every " + what + " is busy, and the request's priority is negative"
                            : "made room for a request of higher priority while waiting for a " + what;
                case TIMEOUT -> "no " + what + " had room in time";
            };
            return new PickResult.Rejected(reason, message, null, refusal.details(), refusal.retryAfterSeconds());
        }
    }
}
