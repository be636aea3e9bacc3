package io.kvepp.routerservice.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvepp.router.v1.CompletePrefillRequest;
import io.kvepp.router.v1.CompletePrefillResponse;
import io.kvepp.router.v1.FreeRequest;
import io.kvepp.router.v1.FreeResponse;
import io.kvepp.router.v1.GetLoadsRequest;
import io.kvepp.router.v1.GetLoadsResponse;
import io.kvepp.router.v1.GetOverlapScoresRequest;
import io.kvepp.router.v1.GetOverlapScoresResponse;
import io.kvepp.router.v1.GetPotentialLoadsRequest;
import io.kvepp.router.v1.GetPotentialLoadsResponse;
import io.kvepp.router.v1.OutputBlock;
import io.kvepp.router.v1.ReportOutputRequest;
import io.kvepp.router.v1.ReportOutputResponse;
import io.kvepp.router.v1.ReserveRequest;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.SelectResponse;
import io.kvepp.router.v1.WatchLoadsRequest;
import io.kvepp.router.v1.WatchLoadsResponse;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The calls of the selection API; `proto/kvepp/router/v1/router.proto` says what they do.
///
/// Thread-safe.
final class RouterCalls extends RouterGrpc.RouterImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(RouterCalls.class);

    private final SelectionService service;
    private final Supplier<String> ids;

    /// `ids`: for callers that bring none
    RouterCalls(SelectionService service, Supplier<String> ids) {
        this.service = service;
        this.ids = ids;
    }

    @FunctionalInterface
    private interface Question<T> {
        Answer<T> ask() throws FieldFault;
    }

    @Override
    public void select(SelectRequest request, StreamObserver<SelectResponse> answer) {
        reply(answer, () -> {
            SelectionRequest asked = RequestMessages.selection(request.getSelection());
            String id = RequestMessages.idOrEmpty(request.getSelectionId());
            Answer<Selected> selected = id.isEmpty() ? service.select(asked) : service.select(id, asked);
            return selected.map(ResponseMessages::selected);
        });
    }

    @Override
    public void reserve(ReserveRequest request, StreamObserver<ReserveResponse> answer) {
        switch (request.getTargetCase()) {
            case SELECTION -> selectAndBook(request, (ServerCallStreamObserver<ReserveResponse>) answer);
            case SELECTED_IN ->
                reply(answer, () -> {
                    String id = RequestMessages.id(request.getSelectionId());
                    return service.replay(id, RequestMessages.pool(request.getSelectedIn()))
                            .map(chosen -> ResponseMessages.reserved(id, chosen));
                });
            case NAMED ->
                reply(answer, () -> {
                    String id = RequestMessages.id(request.getSelectionId());
                    return service.book(id, RequestMessages.named(request.getNamed()))
                            .map(chosen -> ResponseMessages.reserved(id, chosen));
                });
            case TARGET_NOT_SET ->
                reply(answer, () -> {
                    throw new FieldFault("target", "none", "selection, selected_in or named");
                });
        }
    }

    @Override
    public void completePrefill(CompletePrefillRequest request, StreamObserver<CompletePrefillResponse> answer) {
        reply(answer, () -> {
            String id = RequestMessages.id(request.getSelectionId());
            return known(id, service.prefillCompleted(id), CompletePrefillResponse.getDefaultInstance());
        });
    }

    @Override
    public void reportOutput(ReportOutputRequest request, StreamObserver<ReportOutputResponse> answer) {
        reply(answer, () -> {
            String id = RequestMessages.id(request.getSelectionId());
            return known(id, progress(id, request), ReportOutputResponse.getDefaultInstance());
        });
    }

    @Override
    public void free(FreeRequest request, StreamObserver<FreeResponse> answer) {
        reply(answer, () -> {
            String id = RequestMessages.id(request.getSelectionId());
            return known(id, service.free(id), FreeResponse.getDefaultInstance());
        });
    }

    @Override
    public void getOverlapScores(GetOverlapScoresRequest request, StreamObserver<GetOverlapScoresResponse> answer) {
        reply(
                answer,
                () -> service.overlaps(
                                RequestMessages.pool(request.getPool()), RequestMessages.prompt(request.getPrompt()))
                        .map(ResponseMessages::overlaps));
    }

    @Override
    public void getPotentialLoads(GetPotentialLoadsRequest request, StreamObserver<GetPotentialLoadsResponse> answer) {
        reply(
                answer,
                () -> service.potentialLoads(RequestMessages.selection(request.getSelection()))
                        .map(loads -> GetPotentialLoadsResponse.newBuilder()
                                .addAllRanks(ResponseMessages.ranks(loads))
                                .build()));
    }

    @Override
    public void getLoads(GetLoadsRequest request, StreamObserver<GetLoadsResponse> answer) {
        reply(
                answer,
                () -> new Given<>(GetLoadsResponse.newBuilder()
                        .addAllPools(
                                ResponseMessages.pools(service.loads(), RequestMessages.wanted(request.getFilter())))
                        .build()));
    }

    @Override
    public void watchLoads(WatchLoadsRequest request, StreamObserver<WatchLoadsResponse> answer) {
        var call = (ServerCallStreamObserver<WatchLoadsResponse>) answer;
        LoadStream stream = new LoadStream(call, RequestMessages.wanted(request.getFilter()));
        call.setOnReadyHandler(stream::flush);
        switch (service.watch(stream::offer)) {
            case Given<Runnable>(var end) -> call.setOnCancelHandler(end);
            case Refused<Runnable> refused -> call.onError(Statuses.of(refused));
        }
    }

    private void selectAndBook(ReserveRequest request, ServerCallStreamObserver<ReserveResponse> call) {
        try {
            SelectionRequest asked = RequestMessages.selection(request.getSelection());
            String given = RequestMessages.idOrEmpty(request.getSelectionId());
            String id = given.isEmpty() ? ids.get() : given;
            Runnable cancel = service.selectAndBook(id, asked, result -> {
                if (call.isCancelled() && result instanceof Given<Selected>) {
                    service.free(id);
                } else {
                    reply(call, () -> result.map(selected -> ResponseMessages.reserved(id, selected)));
                }
            });
            call.setOnCancelHandler(cancel);
        } catch (FieldFault e) {
            call.onError(Statuses.of(e));
        }
    }

    private boolean progress(String id, ReportOutputRequest request) throws FieldFault {
        return switch (request.getProgressCase()) {
            case BLOCK -> {
                OutputBlock block = request.getBlock();
                double weight = block.getDecayFraction();
                if (!(weight >= 0 && weight <= 1)) {
                    throw new FieldFault("decay_fraction", String.valueOf(weight), "0 to 1");
                }
                yield service.outputBlock(id, block.hasDecayFraction() ? (Double) weight : null);
            }
            case GENERATED_TOKENS ->
                service.generated(id, RequestMessages.count("generated_tokens", request.getGeneratedTokens()));
            case PROGRESS_NOT_SET -> service.progressed(id);
        };
    }

    private static <T> Answer<T> known(String id, boolean known, T told) {
        return known
                ? new Given<>(told)
                : new Refused<>(Reason.NOT_FOUND, "selection_id: " + id + " (expected: of an open reservation)");
    }

    private static <T> void reply(StreamObserver<T> to, Question<T> question) {
        try {
            switch (question.ask()) {
                case Given<T>(var value) -> {
                    to.onNext(value);
                    to.onCompleted();
                }
                case Refused<T> refused -> to.onError(Statuses.of(refused));
            }
        } catch (FieldFault e) {
            to.onError(Statuses.of(e));
        } catch (RuntimeException e) {
            LOG.error("selection call failed", e);
            to.onError(Status.INTERNAL.withDescription("the call failed").asRuntimeException());
        }
    }
}
