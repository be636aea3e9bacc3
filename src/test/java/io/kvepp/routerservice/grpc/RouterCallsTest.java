package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.primitives.Ints;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.router.v1.Affinity;
import io.kvepp.router.v1.CompletePrefillRequest;
import io.kvepp.router.v1.FreeRequest;
import io.kvepp.router.v1.GetLoadsRequest;
import io.kvepp.router.v1.GetOverlapScoresRequest;
import io.kvepp.router.v1.GetOverlapScoresResponse;
import io.kvepp.router.v1.GetPotentialLoadsRequest;
import io.kvepp.router.v1.NamedWorker;
import io.kvepp.router.v1.OutputBlock;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.PoolFilter;
import io.kvepp.router.v1.PoolState;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RankBlocks;
import io.kvepp.router.v1.RankState;
import io.kvepp.router.v1.ReportOutputRequest;
import io.kvepp.router.v1.ReserveRequest;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.RouterConfigOverride;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.RouterGrpc.RouterBlockingStub;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.SelectResponse;
import io.kvepp.router.v1.Selection;
import io.kvepp.router.v1.SelectionDetails;
import io.kvepp.router.v1.WatchLoadsRequest;
import io.kvepp.router.v1.WatchLoadsResponse;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The calls of the selection API, without a network.
class RouterCallsTest {
    private static final int[] IDS = tokens(100, 2 * BLOCK + 8);
    private static final Prompt PROMPT =
            Prompt.newBuilder().addAllTokenIds(Ints.asList(IDS)).build();
    private static final Pool SERVED = Pool.newBuilder().setModelName(MODEL).build();
    private static final Selection SELECTION =
            Selection.newBuilder().setPool(SERVED).setPrompt(PROMPT).build();
    private static final WorkerRank FIRST = rank(1, 0);
    private static final WorkerRank LAST = rank(-1, 1);
    private static final long LIMIT_SECONDS = 20;

    private final SelectionFleet fleet = new SelectionFleet(
            ModelCards.aggregated(MODEL).on(1),
            ModelCards.aggregated(MODEL).ranks(0, 2).taints("fast").on(-1));
    private final String name = InProcessServerBuilder.generateName();
    private final ManagedChannel channel =
            InProcessChannelBuilder.forName(name).directExecutor().build();
    private Server server;

    @BeforeEach
    void start() throws IOException {
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new RouterCalls(fleet.service, () -> "made-here"))
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
        fleet.close();
    }

    @Test
    void aChoiceTellsWhereAndWhatIsHeldThere() {
        fleet.hold(-1, 1, StorageTier.DEVICE, IDS, 1);
        fleet.hold(-1, 1, StorageTier.HOST_PINNED, IDS, 2);

        SelectResponse answer =
                stub().select(SelectRequest.newBuilder().setSelection(SELECTION).build());

        assertThat(answer.getDestination().getModelName()).isEqualTo(MODEL);
        assertThat(answer.getDestination().getRoutingGroup()).isEqualTo("default");
        assertThat(answer.getDestination().getWorker()).isEqualTo(LAST);
        assertThat(answer.getDestination().getEndpoint()).isEqualTo("dyn://dynamo.worker.generate");
        SelectionDetails details = answer.getDetails();
        assertThat(details.getBlockSizeTokens()).isEqualTo(BLOCK);
        assertThat(details.getIslTokens()).isEqualTo(IDS.length);
        assertThat(details.getEffectivePrefillTokens()).isEqualTo(12);
        assertThat(details.getPotentialDecodeBlocks()).isEqualTo(3);
        assertThat(details.getSequenceHashesList()).hasSize(2);
        assertThat(details.getPrefillTokenCapacity()).isEqualTo(10_000_000);
        assertThat(details.getTrackPrefillTokens()).isTrue();
        assertThat(details.getOverlapsList()).containsExactly(blocks(rank(-1, 0), 0, 0), blocks(LAST, 1, 1));
        assertThat(requests()).isZero();
    }

    @Test
    void aSelectionFollowsItsWishes() {
        Map<String, Selection> wishes = Map.of(
                "pinned", selection().setPinnedWorker(FIRST).build(),
                "affine",
                        selection()
                                .setAffinityTarget(Affinity.newBuilder().setWorkerId(1))
                                .build(),
                "allowed", selection().addAllowedWorkerIds(1).build());
        fleet.hold(-1, 1, StorageTier.DEVICE, IDS, 2);

        wishes.forEach(
                (wish, selection) -> assertThat(chosen(selection)).as(wish).isEqualTo(FIRST));
        assertThat(chosen(selection().addRequiredTaints("fast").build()).getWorkerId())
                .isEqualTo(-1);
    }

    @Test
    void aReservationLivesAndEnds() {
        ReserveResponse reserved =
                reserve(ReserveRequest.newBuilder().setSelection(selection().setPinnedWorker(FIRST)));

        assertThat(reserved.getSelectionId()).isEqualTo("made-here");
        assertThat(reserved.getDestination().getWorker()).isEqualTo(FIRST);
        assertThat(reserved.getDetails().getSequenceHashesList()).hasSize(2);
        assertThat(state(FIRST)).isEqualTo(load(FIRST, 1, IDS.length, 2));
        var _ = stub().completePrefill(CompletePrefillRequest.newBuilder()
                .setSelectionId("made-here")
                .build());
        assertThat(state(FIRST)).isEqualTo(load(FIRST, 1, 0, 2));
        output(progress("made-here").setBlock(OutputBlock.getDefaultInstance()));
        assertThat(state(FIRST).getDecodeBlocks()).isEqualTo(3);
        output(progress("made-here").setGeneratedTokens(3 * BLOCK));
        assertThat(state(FIRST).getDecodeBlocks()).isEqualTo(5);
        output(progress("made-here"));
        free("made-here");
        assertThat(requests()).isZero();
    }

    @Test
    void anEarlierChoiceIsReservedByItsId() {
        WorkerRank chosen = stub().select(SelectRequest.newBuilder()
                        .setSelection(SELECTION)
                        .setSelectionId("s")
                        .build())
                .getDestination()
                .getWorker();

        ReserveResponse reserved =
                reserve(ReserveRequest.newBuilder().setSelectionId("s").setSelectedIn(SERVED));

        assertThat(reserved.getDestination().getWorker()).isEqualTo(chosen);
        assertThat(reserved.hasDetails()).isFalse();
        assertThat(requests()).isOne();
    }

    @Test
    void aNamedWorkerIsReservedAsItIsTold() {
        NamedWorker named = NamedWorker.newBuilder()
                .setPool(SERVED)
                .setWorker(LAST)
                .setPrompt(Prompt.newBuilder().addSequenceHashes(-7).setIslTokens(20))
                .setEffectivePrefillTokens(9)
                .build();

        ReserveResponse reserved =
                reserve(ReserveRequest.newBuilder().setSelectionId("n").setNamed(named));

        assertThat(reserved.getDestination().getWorker()).isEqualTo(LAST);
        assertThat(state(LAST)).isEqualTo(load(LAST, 1, 9, 1));
    }

    @Test
    void overlapsAndPotentialLoadsAreOfEveryRank() {
        fleet.hold(1, IDS, 2);

        GetOverlapScoresResponse overlaps = stub().getOverlapScores(GetOverlapScoresRequest.newBuilder()
                .setPool(SERVED)
                .setPrompt(PROMPT)
                .build());
        List<RankState> loads = stub().getPotentialLoads(GetPotentialLoadsRequest.newBuilder()
                        .setSelection(SELECTION)
                        .build())
                .getRanksList();

        assertThat(overlaps.getBlockSizeTokens()).isEqualTo(BLOCK);
        assertThat(overlaps.getNumBlocks()).isEqualTo(2);
        assertThat(overlaps.getRanksList())
                .containsExactly(blocks(FIRST, 2, 0), blocks(rank(-1, 0), 0, 0), blocks(LAST, 0, 0));
        assertThat(loads)
                .containsExactly(
                        load(FIRST, 0, 8, 2), load(rank(-1, 0), 0, IDS.length, 2), load(LAST, 0, IDS.length, 2));
    }

    @Test
    void loadsAreThoseOfThePoolsAskedFor() {
        assertThat(loads(MODEL, "default")).hasSize(1);
        assertThat(loads("", "")).hasSize(1);
        assertThat(loads("other", "")).isEmpty();
        assertThat(loads(MODEL, "prefill")).isEmpty();
    }

    @Test
    void aWatcherHearsOfLoadsNowAndWhenTheyChangeUntilItLeaves() throws Exception {
        Context.CancellableContext life = Context.current().withCancellation();
        Iterator<WatchLoadsResponse> told = life.call(() -> stub().watchLoads(WatchLoadsRequest.newBuilder()
                .setFilter(PoolFilter.newBuilder().setModelName(MODEL))
                .build()));

        assertThat(total(told.next().getPoolsList())).isZero();
        fleet.service.tick();
        reserve(ReserveRequest.newBuilder().setSelection(SELECTION));
        fleet.service.tick();
        assertThat(total(told.next().getPoolsList())).isOne();
        life.cancel(null);
        assertThatThrownBy(told::hasNext).hasMessageStartingWith("CANCELLED");
    }

    @Test
    void aSlowWatcherIsSentTheLastStateAlone() {
        SlowReader reader = new SlowReader();
        RouterGrpc.newStub(channel).watchLoads(WatchLoadsRequest.getDefaultInstance(), reader);

        reserve(ReserveRequest.newBuilder().setSelectionId("a").setSelection(SELECTION));
        fleet.service.tick();
        reserve(ReserveRequest.newBuilder().setSelectionId("b").setSelection(SELECTION));
        fleet.service.tick();
        assertThat(reader.told).isEmpty();
        reader.read();
        reader.read();
        fleet.service.tick();

        assertThat(reader.told).containsExactly(2);
    }

    @Test
    void watchersBeyondTheLimitAreRefusedAndThoseThatLeftCountNoMore() throws Exception {
        Context.CancellableContext life = Context.current().withCancellation();
        Status.Code refused = null;
        int watching = 0;
        while (refused == null && watching < 1000) {
            Iterator<WatchLoadsResponse> watch =
                    life.call(() -> stub().watchLoads(WatchLoadsRequest.getDefaultInstance()));
            try {
                var _ = watch.next();
                watching++;
            } catch (StatusRuntimeException e) {
                refused = e.getStatus().getCode();
            }
        }
        assertThat(refused).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(watching).isEqualTo(64);

        life.cancel(null);

        assertThat(stub().watchLoads(WatchLoadsRequest.getDefaultInstance()).next())
                .isNotNull();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void faultsAreToldByCodeAndField(String message, Status.Code code, Consumer<RouterBlockingStub> call) {
        StatusRuntimeException fault = catchThrowableOfType(StatusRuntimeException.class, () -> call.accept(stub()));

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
        reserve(ReserveRequest.newBuilder().setSelectionId("x").setSelection(SELECTION));

        assertThatThrownBy(() ->
                        reserve(ReserveRequest.newBuilder().setSelectionId("x").setSelection(SELECTION)))
                .hasMessageStartingWith("ALREADY_EXISTS: selection_id: x");
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

    private WorkerRank chosen(Selection selection) {
        return stub().select(SelectRequest.newBuilder().setSelection(selection).build())
                .getDestination()
                .getWorker();
    }

    private ReserveResponse reserve(ReserveRequest.Builder request) {
        return stub().reserve(request.build());
    }

    private void output(ReportOutputRequest.Builder request) {
        var _ = stub().reportOutput(request.build());
    }

    private void free(String id) {
        var _ = stub().free(FreeRequest.newBuilder().setSelectionId(id).build());
    }

    private List<PoolState> loads(String model, String group) {
        return stub().getLoads(GetLoadsRequest.newBuilder()
                        .setFilter(PoolFilter.newBuilder().setModelName(model).setRoutingGroup(group))
                        .build())
                .getPoolsList();
    }

    private RankState state(WorkerRank rank) {
        return loads("", "").getFirst().getRanksList().stream()
                .filter(state -> state.getWorker().equals(rank))
                .findFirst()
                .orElseThrow();
    }

    private int requests() {
        return total(loads("", ""));
    }

    private RouterBlockingStub stub() {
        return RouterGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private static int total(List<PoolState> pools) {
        return pools.stream()
                .flatMap(pool -> pool.getRanksList().stream())
                .mapToInt(RankState::getActiveRequests)
                .sum();
    }

    private static Selection.Builder selection() {
        return SELECTION.toBuilder();
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

    private static WorkerRank rank(long worker, int rank) {
        return WorkerRank.newBuilder().setWorkerId(worker).setDpRank(rank).build();
    }

    private static RankBlocks blocks(WorkerRank rank, int device, int host) {
        return RankBlocks.newBuilder()
                .setWorker(rank)
                .setDeviceBlocks(device)
                .setHostPinnedBlocks(host)
                .build();
    }

    private static RankState load(WorkerRank rank, int requests, long prefillTokens, long blocks) {
        return RankState.newBuilder()
                .setWorker(rank)
                .setActiveRequests(requests)
                .setPrefillTokens(prefillTokens)
                .setDecodeBlocks(blocks)
                .build();
    }

    /// Takes a message when it is told to.
    private static final class SlowReader implements ClientResponseObserver<WatchLoadsRequest, WatchLoadsResponse> {
        private final List<Integer> told = new ArrayList<>();
        private ClientCallStreamObserver<WatchLoadsRequest> call;

        void read() {
            call.request(1);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchLoadsRequest> started) {
            call = started;
            call.disableAutoRequestWithInitial(0);
        }

        @Override
        public void onNext(WatchLoadsResponse state) {
            told.add(total(state.getPoolsList()));
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {}
    }
}
