package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// Has a request answered by one of the endpoint's workers, item by item as they come.
///
/// An item is read when the one before was taken by the caller: a slow caller slows its worker.
///
/// Confined.
final class DecodeHop {
    private final GenerateParts parts;
    private final Attempt attempt;
    private final Fleet fleet;
    private final Relayed relayed;
    private final PayloadCodec codec;

    DecodeHop(GenerateParts parts, Attempt attempt, Fleet fleet, Relayed relayed, PayloadCodec codec) {
        this.parts = parts;
        this.attempt = attempt;
        this.fleet = fleet;
        this.relayed = relayed;
        this.codec = codec;
    }

    void run(Prefilled prefilled) throws EndpointException, HopFailure, IOException, MalformedMessageException {
        String booking = attempt.bookingId("decode");
        Selected selected = Selections.given(book(booking, prefilled));
        try {
            WorkerWithDpRank worker = selected.chosen().worker();
            HopBody body = attempt.body().forWorker(worker);
            switch (prefilled) {
                case Prefilled.Not(var bypassed) when bypassed -> body.withoutPrefillWorker();
                case Prefilled.Not _ -> {}
                case Prefilled.Done(var by, var result, var _) ->
                    body.prefilledBy(by).withPrefillResult(result);
                case Prefilled.UnderWay(var by, var meeting, var _, var _) ->
                    body.prefilledBy(by).meetingAt(meeting);
            }
            try (WorkerStream stream = parts.calls().open(worker, attempt.id(), body, attempt.metadata())) {
                relay(stream, worker, booking, prefilled);
            }
        } finally {
            parts.service().free(booking);
        }
    }

    /// Behind a prefill the decode worker is chosen even for a caller that has left: somebody must take
    /// the KV cache, so that its blocks are freed.
    private Answer<Selected> book(String booking, Prefilled prefilled) throws IOException {
        GenerateRequest request = attempt.request();
        RoutingConstraints own = switch (prefilled) {
            case Prefilled.Not _ -> request.constraints();
            case Prefilled.Done(var _, var _, var constraints) -> constraints;
            case Prefilled.UnderWay(var _, var _, var constraints, var _) -> constraints;
        };
        SelectionRequest wanted = request.selection(
                fleet.pool(),
                attempt.constraints(own, fleet.served()),
                request.pins().decode(),
                request.pins().decodeRank());
        return prefilled instanceof Prefilled.Not
                ? parts.selections().book(booking, wanted, attempt.answer())
                : parts.selections()
                        .bookPatiently(
                                booking,
                                wanted.with(Overrides.afterPrefill(
                                        request.override(), parts.bypass().on())));
    }

    private void relay(WorkerStream stream, WorkerWithDpRank worker, String booking, Prefilled prefilled)
            throws EndpointException, HopFailure, IOException {
        EndpointAnswer answer = attempt.answer();
        Runnable end = () -> stream.end(answer.isGone());
        relayed.goOn();
        if (prefilled instanceof Prefilled.Not) {
            answer.onStop(end);
        } else if (prefilled instanceof Prefilled.UnderWay(var _, var _, var _, var task)) {
            task.onFailure(() -> relayed.ifNothing(stream::close));
        }
        try {
            Runnable begin = prefilled instanceof Prefilled.Not ? () -> {} : () -> answer.onStop(end);
            stream.each(new Passing(worker, booking, begin));
        } catch (HopFailure e) {
            throw explained(e, prefilled);
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException gone) {
                throw gone;
            }
            throw e;
        }
    }

    /// Passes items on as they come; it does not block. `begin` runs with the first.
    ///
    /// Confined to one thread at a time.
    private final class Passing implements WorkerStream.Taker {
        private final WorkerWithDpRank worker;
        private final String booking;
        private final Runnable begin;
        private boolean begun;

        Passing(WorkerWithDpRank worker, String booking, Runnable begin) {
            this.worker = worker;
            this.booking = booking;
            this.begin = begin;
        }

        @Override
        public @Nullable CompletableFuture<Void> take(OutputItem item) {
            if (!begun) {
                begun = true;
                parts.service().prefillCompleted(booking);
                begin.run();
            }
            OutputItem.@Nullable WorkerError error = item.error();
            if (error != null && error.isOfTheWorker()) {
                // Another worker may not have it: it is no item of the answer yet.
                return CompletableFuture.failedFuture(HopFailure.of(worker, error));
            }
            relayed.add(item);
            @Nullable CompletableFuture<Void> room = attempt.answer().offerItem(Codecs.encoded(codec, item.raw()));
            parts.service().generated(booking, relayed.tokens() - attempt.generated().length);
            return room;
        }
    }

    /// A worker that waits for a prefill in vain is not the one that failed.
    private HopFailure explained(HopFailure failure, Prefilled prefilled) {
        @Nullable
        HopFailure cause =
                prefilled instanceof Prefilled.UnderWay(var _, var _, var _, var task) ? task.failure() : null;
        if (cause != null && relayed.isNothing()) {
            return cause.remotePrefill();
        }
        return failure;
    }
}
