package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.grpc.InProcessRouter.PROMPT;
import static io.kvepp.routerservice.grpc.InProcessRouter.SELECTION;
import static io.kvepp.routerservice.grpc.InProcessRouter.SERVED;
import static io.kvepp.routerservice.grpc.InProcessRouter.rank;
import static io.kvepp.routerservice.grpc.InProcessRouter.selection;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.kvepp.router.v1.Affinity;
import io.kvepp.router.v1.CompletePrefillRequest;
import io.kvepp.router.v1.FreeRequest;
import io.kvepp.router.v1.GetLoadsRequest;
import io.kvepp.router.v1.GetOverlapScoresRequest;
import io.kvepp.router.v1.GetPotentialLoadsRequest;
import io.kvepp.router.v1.NamedWorker;
import io.kvepp.router.v1.OutputBlock;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.ReportOutputRequest;
import io.kvepp.router.v1.ReserveRequest;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.RouterConfigOverride;
import io.kvepp.router.v1.RouterGrpc.RouterBlockingStub;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.Selection;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// How the selection API says no.
class RouterFaultsTest {
    private static final WorkerRank FIRST = rank(1, 0);
    private static final WorkerRank LAST = rank(-1, 1);

    private final SelectionFleet fleet = new SelectionFleet(
            ModelCards.aggregated(MODEL).on(1),
            ModelCards.aggregated(MODEL).ranks(0, 2).taints("fast").on(-1));
    private InProcessRouter router;

    @BeforeEach
    void start() throws IOException {
        router = new InProcessRouter(fleet);
    }

    @AfterEach
    void stop() {
        router.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void faultsAreToldByCodeAndField(String message, Status.Code code, Consumer<RouterBlockingStub> call) {
        StatusRuntimeException fault =
                catchThrowableOfType(StatusRuntimeException.class, () -> call.accept(router.stub()));

        assertThat(fault).isNotNull();
        assertThat(fault.getStatus().getCode()).isEqualTo(code);
        assertThat(fault.getStatus().getDescription()).startsWith(message);
        assertThat(requests()).isZero();
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                invalid("isl_tokens: none", selecting(selection().clearPrompt())),
                invalid("isl_tokens: 0", selecting(selection().setPrompt(hashes(0)))),
                invalid("isl_tokens: 4294967295", selecting(selection().setPrompt(hashes(-1)))),
                invalid(
                        "sequence_hashes: 0",
                        selecting(selection().setPrompt(hashes(16).toBuilder().addBlockHashes(1)))),
                invalid(
                        "expected_output_tokens: 2147483648",
                        selecting(selection().setExpectedOutputTokens(Integer.MIN_VALUE))),
                invalid(
                        "pinned_worker.dp_rank: 4294967295",
                        selecting(selection().setPinnedWorker(rank(1, -1)))),
                invalid(
                        "affinity_target.dp_rank: 4294967295",
                        selecting(selection()
                                .setAffinityTarget(Affinity.newBuilder().setDpRank(-1)))),
                invalid(
                        "pinned_worker: 1:0",
                        selecting(selection().setPinnedWorker(FIRST).addAllowedWorkerIds(7))),
                invalid("preferred_taints[a]: NaN", selecting(selection().putPreferredTaints("a", Float.NaN))),
                invalid(
                        "router_config_override.router_temperature: -1.0",
                        selecting(selection()
                                .setRouterConfigOverride(
                                        RouterConfigOverride.newBuilder().setRouterTemperature(-1)))),
                invalid("session_id: 257 characters", selecting(selection().setSessionId("x".repeat(257)))),
                invalid(
                        "selection_id: 257 characters",
                        stub -> stub.select(SelectRequest.newBuilder()
                                .setSelection(SELECTION)
                                .setSelectionId("x".repeat(257))
                                .build())),
                invalid(
                        "isl_tokens: none",
                        stub -> stub.getOverlapScores(GetOverlapScoresRequest.newBuilder()
                                .setPool(SERVED)
                                .build())),
                invalid(
                        "isl_tokens: none",
                        stub -> stub.getPotentialLoads(GetPotentialLoadsRequest.getDefaultInstance())),
                invalid(
                        "isl_tokens: none",
                        reserving(ReserveRequest.newBuilder()
                                .setSelection(selection().clearPrompt()))),
                invalid("target: none", reserving(ReserveRequest.newBuilder().setSelectionId("x"))),
                invalid(
                        "selection_id: none",
                        reserving(ReserveRequest.newBuilder().setSelectedIn(SERVED))),
                invalid("selection_id: none", reserving(named("", LAST, 1))),
                invalid(
                        "worker: none",
                        reserving(ReserveRequest.newBuilder()
                                .setSelectionId("x")
                                .setNamed(
                                        NamedWorker.newBuilder().setPool(SERVED).setPrompt(PROMPT)))),
                invalid("effective_prefill_tokens: 99", reserving(named("x", LAST, 99))),
                invalid(
                        "selection_id: none",
                        stub -> stub.completePrefill(CompletePrefillRequest.getDefaultInstance())),
                invalid("selection_id: none", stub -> stub.free(FreeRequest.getDefaultInstance())),
                invalid(
                        "decay_fraction: NaN",
                        reporting(
                                progress("x").setBlock(OutputBlock.newBuilder().setDecayFraction(Double.NaN)))),
                invalid(
                        "decay_fraction: 1.5",
                        reporting(
                                progress("x").setBlock(OutputBlock.newBuilder().setDecayFraction(1.5)))),
                invalid("generated_tokens: 4294967295", reporting(progress("x").setGeneratedTokens(-1))),
                fault(
                        "selection_id: x",
                        Status.Code.NOT_FOUND,
                        reserving(
                                ReserveRequest.newBuilder().setSelectionId("x").setSelectedIn(SERVED))),
                fault("worker_id: 7:0", Status.Code.NOT_FOUND, reserving(named("x", rank(7, 0), 1))),
                fault("selection_id: x", Status.Code.NOT_FOUND, reporting(progress("x"))),
                fault(
                        "selection_id: x",
                        Status.Code.NOT_FOUND,
                        stub -> stub.completePrefill(CompletePrefillRequest.newBuilder()
                                .setSelectionId("x")
                                .build())),
                fault(
                        "selection_id: x",
                        Status.Code.NOT_FOUND,
                        stub -> stub.free(
                                FreeRequest.newBuilder().setSelectionId("x").build())),
                fault(
                        "model=other",
                        Status.Code.UNAVAILABLE,
                        selecting(selection().setPool(Pool.newBuilder().setModelName("other")))),
                fault(
                        "model=default",
                        Status.Code.UNAVAILABLE,
                        reserving(ReserveRequest.newBuilder()
                                .setSelection(selection().clearPool()))),
                fault(
                        "pinned_worker: 7:0",
                        Status.Code.UNAVAILABLE,
                        selecting(selection().setPinnedWorker(rank(7, 0)))));
    }

    @Test
    void anIdInUseIsRefused() {
        reserve("x");

        assertThatThrownBy(() -> reserve("x")).hasMessageStartingWith("ALREADY_EXISTS: selection_id: x");
    }

    @Test
    void refusalsCarryTheirNumbersAndWhenToTryAgain() throws Exception {
        StatusRuntimeException fault =
                Statuses.of(new Refused<>(Reason.OVERLOADED, "all are busy", Map.of("busy", 3L), 2));

        assertThat(fault.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(fault.getStatus().getDescription()).isEqualTo("all are busy");
        var details = StatusProto.fromThrowable(fault).getDetailsList();
        assertThat(details.get(0).unpack(ErrorInfo.class).getMetadataMap()).containsExactly(Map.entry("busy", "3"));
        assertThat(details.get(1).unpack(RetryInfo.class).getRetryDelay().getSeconds())
                .isEqualTo(2);
    }

    private ReserveResponse reserve(String id) {
        return router.stub()
                .reserve(ReserveRequest.newBuilder()
                        .setSelectionId(id)
                        .setSelection(SELECTION)
                        .build());
    }

    private int requests() {
        return InProcessRouter.requests(
                router.stub().getLoads(GetLoadsRequest.getDefaultInstance()).getPoolsList());
    }

    private static Prompt hashes(int tokens) {
        return Prompt.newBuilder().setIslTokens(tokens).build();
    }

    private static ReportOutputRequest.Builder progress(String id) {
        return ReportOutputRequest.newBuilder().setSelectionId(id);
    }

    private static ReserveRequest.Builder named(String id, WorkerRank worker, int uncached) {
        return ReserveRequest.newBuilder()
                .setSelectionId(id)
                .setNamed(NamedWorker.newBuilder()
                        .setPool(SERVED)
                        .setWorker(worker)
                        .setPrompt(PROMPT)
                        .setEffectivePrefillTokens(uncached));
    }

    private static Consumer<RouterBlockingStub> selecting(Selection.Builder selection) {
        return stub ->
                stub.select(SelectRequest.newBuilder().setSelection(selection).build());
    }

    private static Consumer<RouterBlockingStub> reserving(ReserveRequest.Builder request) {
        return stub -> stub.reserve(request.build());
    }

    private static Consumer<RouterBlockingStub> reporting(ReportOutputRequest.Builder request) {
        return stub -> stub.reportOutput(request.build());
    }

    private static Arguments invalid(String message, Consumer<RouterBlockingStub> call) {
        return fault(message, Status.Code.INVALID_ARGUMENT, call);
    }

    private static Arguments fault(String message, Status.Code code, Consumer<RouterBlockingStub> call) {
        return Arguments.of(message, code, call);
    }
}
