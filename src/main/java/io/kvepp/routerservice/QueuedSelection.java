package io.kvepp.routerservice;

import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.Bookings.Ticket;
import io.kvepp.routerservice.PoolSelector.Placed;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.queue.AdmissionQueue;
import io.kvepp.scheduling.queue.Delivery;
import io.kvepp.scheduling.queue.QueuedRequest;
import io.kvepp.scheduling.queue.Refusal;
import io.kvepp.scheduling.queue.Waiter;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request that is to be booked: at once, or when the queue of its model lets it.
///
/// Guarded by the queue while it is there; otherwise confined to the thread that works for it.
final class QueuedSelection implements Waiter {
    private static final Logger LOG = LoggerFactory.getLogger(QueuedSelection.class);

    /// Further choices when the chosen worker has just left.
    private static final int RESELECTIONS_MAX = 3;

    private final SelectionService service;
    private final SelectionParts parts;
    private final SelectionRequest request;
    private final Ticket ticket;
    private final Delivery<Answer<Selected>> pending;
    private final long askedNanos;
    private @Nullable SchedulingRequest read;
    private @Nullable Answer<Selected> result;

    QueuedSelection(
            SelectionService service,
            SelectionParts parts,
            SelectionRequest request,
            Ticket ticket,
            Delivery<Answer<Selected>> pending) {
        this.service = service;
        this.parts = parts;
        this.request = request;
        this.ticket = ticket;
        this.pending = pending;
        askedNanos = parts.nanoClock().getAsLong();
    }

    void start() {
        try {
            ask();
        } catch (RuntimeException e) {
            deliver(failed(e));
        }
    }

    private void ask() {
        @Nullable WorkerPool pool = service.pool(request.pool());
        if (pool == null) {
            deliver(SelectionService.nobody(request.pool()));
            return;
        }
        switch (service.selector().read(pool, request)) {
            case Refused<SchedulingRequest> refused -> deliver(refused.of());
            case Given<SchedulingRequest>(var scheduling) -> {
                read = scheduling;
                @Nullable AdmissionQueue queue = parts.queues().of(pool.model());
                if (queue == null) {
                    deliver(place(scheduling));
                } else {
                    enter(queue, pool, scheduling);
                }
            }
        }
    }

    private void enter(AdmissionQueue queue, WorkerPool pool, SchedulingRequest scheduling) {
        switch (service.selector().candidates(pool, request)) {
            case Refused<List<RankSlot>> refused -> deliver(refused.of());
            case Given<List<RankSlot>>(var ranks) -> {
                switch (queue.ask(queued(ranks, scheduling))) {
                    case AdmissionQueue.Answer.Admitted() -> admitted();
                    case AdmissionQueue.Answer.Refused(var refusal) -> refused(refusal);
                    case AdmissionQueue.Answer.Waits(var leave) ->
                        pending.onCancel(() -> {
                            leave.run();
                            service.withdraw(ticket);
                        });
                }
            }
        }
    }

    private QueuedRequest queued(List<RankSlot> ranks, SchedulingRequest scheduling) {
        int held = 0;
        for (RankSlot rank : ranks) {
            held = Math.max(held, scheduling.overlaps().total(rank.slot()));
        }
        long cached = (long) held * scheduling.hashes().blockSizeTokens();
        return new QueuedRequest(
                request.priority().policyClass(),
                request.priority().strict(),
                request.priority().jump(),
                scheduling.promptTokens(),
                (int) Math.min(cached, scheduling.promptTokens()),
                askedNanos,
                ranks,
                this);
    }

    @Override
    public void admit(long waitedNanos) {
        if (waitedNanos > 0) {
            parts.metrics().queueWait(waitedNanos);
        }
        try {
            result = place(fresh(waitedNanos));
        } catch (RuntimeException e) {
            result = failed(e);
        }
    }

    @Override
    public void admitted() {
        if (result != null) {
            deliver(result);
        }
    }

    @Override
    public void refused(Refusal refusal) {
        String message = switch (refusal.reason()) {
            case FULL -> "too many requests wait for a worker";
            case SHED -> "made room for a request of higher priority while waiting for a worker";
            case TIMEOUT -> "no worker had room in time";
        };
        deliver(new Refused<>(Reason.OVERLOADED, message, refusal.details(), refusal.retryAfterSeconds()));
    }

    @Override
    public void displaced() {
        start();
    }

    /// What is known of the prompt, looked up again when it has waited for long.
    private SchedulingRequest fresh(long waitedNanos) {
        SchedulingRequest scheduling = Objects.requireNonNull(read);
        long refreshNanos = parts.queues().config().overlapRefreshAfter().toNanos();
        return refreshNanos > 0 && waitedNanos > refreshNanos
                ? new SchedulingRequest(
                        scheduling.promptTokens(),
                        scheduling.hashes(),
                        service.selector().findMatches(scheduling.hashes()),
                        scheduling.constraints(),
                        scheduling.override())
                : scheduling;
    }

    /// Chooses among the workers there are now; again if the chosen one leaves meanwhile.
    private Answer<Selected> place(SchedulingRequest scheduling) {
        for (int reselections = 0; ; reselections++) {
            @Nullable WorkerPool pool = service.pool(request.pool());
            if (pool == null) {
                return SelectionService.nobody(request.pool());
            }
            Answer<Placed> answer = service.selector().place(pool, request, scheduling, true);
            if (!(answer instanceof Given<Placed>(var placed))) {
                return answer.map(Placed::selected);
            }
            if (reselections == RESELECTIONS_MAX || isThere(placed)) {
                return service.install(ticket, pool, placed, request.expectedOutputTokens());
            }
            placed.placement().withdraw();
        }
    }

    private boolean isThere(Placed placed) {
        @Nullable WorkerPool now = service.pool(request.pool());
        return now != null && placed.rank().equals(now.find(placed.rank().worker()));
    }

    private void deliver(Answer<Selected> answer) {
        if (answer instanceof Refused<Selected>) {
            service.withdraw(ticket);
        }
        if (!pending.deliver(answer)) {
            service.withdraw(ticket);
        }
    }

    private static Answer<Selected> failed(RuntimeException fault) {
        LOG.error("selection failed", fault);
        return new Refused<>(Reason.INTERNAL, "the selection failed");
    }
}
