package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.Bootstrap;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Has a prompt computed by a prefill worker, where there are such.
///
/// Confined.
final class PrefillHop {
    private final GenerateParts parts;
    private final Attempt attempt;
    private final Fleet fleet;

    PrefillHop(GenerateParts parts, Attempt attempt, Fleet fleet) {
        this.parts = parts;
        this.attempt = attempt;
        this.fleet = fleet;
    }

    Prefilled run() throws EndpointException, HopFailure, IOException, MalformedMessageException {
        @Nullable PoolKey pool = fleet.prefillPool();
        if (pool == null) {
            if (!fleet.canServe(parts.enforceDisagg())) {
                throw new EndpointException(
                        ErrorType.UNAVAILABLE, "prefill router: not activated (expected: a prefill worker)");
            }
            return new Prefilled.Not(false);
        }
        if (bypasses()) {
            return new Prefilled.Not(true);
        }
        try {
            return prefill(pool);
        } catch (HopFailure e) {
            throw e.remotePrefill();
        }
    }

    /// A prefill worker that the caller chose is used.
    private boolean bypasses() {
        GenerateRequest request = attempt.request();
        if (!parts.bypass().on() || request.pins().prefill() != null) {
            return false;
        }
        SelectionRequest decode = request.selection(
                fleet.pool(),
                attempt.constraints(request.constraints(), fleet.served()),
                request.pins().decode(),
                request.pins().decodeRank());
        return parts.service().select(decode) instanceof Answer.Given<Selected>(var chosen)
                && parts.bypass().applies(chosen.promptTokens(), chosen.uncachedTokens());
    }

    private Prefilled prefill(PoolKey pool)
            throws EndpointException, HopFailure, IOException, MalformedMessageException {
        GenerateRequest request = attempt.request();
        RoutingConstraints allowed =
                attempt.constraints(fleet.prefillConstraints(request.constraints()), fleet.prefillWorkers());
        String booking = attempt.bookingId("prefill");
        Selected selected = Selections.given(parts.selections()
                .book(
                        booking,
                        request.selection(
                                pool,
                                allowed,
                                request.pins().prefill(),
                                request.pins().prefillRank()),
                        attempt.answer()));
        boolean handedOver = false;
        try {
            WorkerWithDpRank worker = selected.chosen().worker();
            RoutingConstraints decode = decodeConstraints(worker);
            @Nullable Bootstrap bootstrap = fleet.bootstrapOf(worker.workerId());
            @Nullable Meeting meeting = bootstrap == null ? null : meeting(bootstrap, worker);
            Prefilled prefilled;
            if (meeting == null) {
                prefilled = handOver(send(worker, body(worker, null)), worker, booking, decode);
            } else {
                // The worker may answer only when it has met the decode worker.
                HopBody body = body(worker, meeting);
                prefilled = underWay(() -> send(worker, body), worker, booking, meeting, decode);
            }
            handedOver = prefilled instanceof Prefilled.UnderWay;
            return prefilled;
        } finally {
            if (!handedOver) {
                parts.service().free(booking);
            }
        }
    }

    /// Where its KV cache may not arrive, the prompt is not computed at all.
    private RoutingConstraints decodeConstraints(WorkerWithDpRank worker) throws EndpointException {
        RankSlot rank = new RankSlot(worker, 0, Set.of());
        @Nullable
        RoutingConstraints merged =
                fleet.transfers().decodeConstraints(rank, attempt.request().constraints());
        if (merged == null) {
            throw new EndpointException(
                    ErrorType.UNAVAILABLE,
                    "prefill worker " + Long.toUnsignedString(worker.workerId())
                            + ": unknown where its KV cache can go (expected: a whole kv_transfer policy)");
        }
        return merged;
    }

    private Meeting meeting(Bootstrap bootstrap, WorkerWithDpRank worker) {
        long room = Handoff.room(
                worker.dpRank(),
                fleet.dpSizeOf(worker.workerId()),
                parts.random().getAsLong());
        return new Meeting(bootstrap.host(), bootstrap.port(), room, parts.ids().get());
    }

    private HopBody body(WorkerWithDpRank worker, @Nullable Meeting meeting) throws MalformedMessageException {
        HopBody body = attempt.body().forPrefill(worker);
        return meeting == null ? body : body.meetingAt(meeting);
    }

    private WorkerStream send(WorkerWithDpRank worker, HopBody body) throws HopFailure {
        return parts.calls().open(worker, attempt.id(), body, attempt.metadata());
    }

    /// A stream that is open already, or is opened in the background.
    private interface Source {
        WorkerStream get() throws HopFailure;
    }

    private Prefilled underWay(
            Source source, WorkerWithDpRank worker, String booking, Meeting meeting, RoutingConstraints decode) {
        BackgroundPrefill task = BackgroundPrefill.start(() -> {
            try (WorkerStream stream = source.get()) {
                drain(stream, worker, booking);
            } finally {
                parts.service().free(booking);
            }
        });
        return new Prefilled.UnderWay(worker, meeting, decode, task);
    }

    /// Waits for what the decode worker needs to know. A worker that says first where both meet is not
    /// waited for.
    private Prefilled handOver(WorkerStream stream, WorkerWithDpRank worker, String booking, RoutingConstraints decode)
            throws HopFailure, MalformedMessageException {
        boolean goesOn = false;
        try {
            byte @Nullable [] handoff = null;
            byte @Nullable [] details = null;
            for (OutputItem item = stream.next(); item != null; item = stream.next()) {
                check(item, worker);
                parts.service().prefillCompleted(booking);
                details = details == null ? item.promptDetails() : details;
                if (handoff == null && item.handoff() != null) {
                    handoff = item.handoff();
                    @Nullable
                    Meeting meeting = Handoff.meeting(handoff, parts.ids().get());
                    if (meeting != null) {
                        goesOn = true;
                        return underWay(() -> stream, worker, booking, meeting, decode);
                    }
                }
            }
            if (handoff == null) {
                throw new HopFailure(
                        worker,
                        ErrorType.UNKNOWN,
                        HopFailure.Progress.REFUSED,
                        "disaggregated_params: absent (expected: where the KV cache is)");
            }
            return new Prefilled.Done(worker, Handoff.prefillResult(handoff, details), decode);
        } finally {
            if (!goesOn) {
                stream.close();
            }
        }
    }

    private void drain(WorkerStream stream, WorkerWithDpRank worker, String booking) throws HopFailure {
        for (OutputItem item = stream.next(); item != null; item = stream.next()) {
            check(item, worker);
            parts.service().prefillCompleted(booking);
        }
    }

    private static void check(OutputItem item, WorkerWithDpRank worker) throws HopFailure {
        OutputItem.@Nullable WorkerError error = item.error();
        if (error != null) {
            throw HopFailure.of(worker, error);
        }
    }
}
