package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.grpc.InProcessRouter.IDS;
import static io.kvepp.routerservice.grpc.InProcessRouter.PROMPT;
import static io.kvepp.routerservice.grpc.InProcessRouter.SELECTION;
import static io.kvepp.routerservice.grpc.InProcessRouter.SERVED;
import static io.kvepp.routerservice.grpc.InProcessRouter.rank;
import static io.kvepp.routerservice.grpc.InProcessRouter.selection;
import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
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
import io.kvepp.router.v1.PoolFilter;
import io.kvepp.router.v1.PoolState;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RankBlocks;
import io.kvepp.router.v1.RankState;
import io.kvepp.router.v1.ReportOutputRequest;
import io.kvepp.router.v1.ReserveRequest;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.SelectResponse;
import io.kvepp.router.v1.Selection;
import io.kvepp.router.v1.SelectionDetails;
import io.kvepp.router.v1.WatchLoadsRequest;
import io.kvepp.router.v1.WatchLoadsResponse;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The calls of the selection API, without a network.
class RouterCallsTest {
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

    @Test
    void aChoiceTellsWhereAndWhatIsHeldThere() {
        fleet.hold(-1, 1, StorageTier.DEVICE, IDS, 1);
        fleet.hold(-1, 1, StorageTier.HOST_PINNED, IDS, 2);

        SelectResponse answer = router.stub()
                .select(SelectRequest.newBuilder().setSelection(SELECTION).build());

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
        var _ = router.stub()
                .completePrefill(CompletePrefillRequest.newBuilder()
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
        WorkerRank chosen = router.stub()
                .select(SelectRequest.newBuilder()
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

        GetOverlapScoresResponse overlaps = router.stub()
                .getOverlapScores(GetOverlapScoresRequest.newBuilder()
                        .setPool(SERVED)
                        .setPrompt(PROMPT)
                        .build());
        List<RankState> loads = router.stub()
                .getPotentialLoads(GetPotentialLoadsRequest.newBuilder()
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
        Iterator<WatchLoadsResponse> told = life.call(() -> router.stub()
                .watchLoads(WatchLoadsRequest.newBuilder()
                        .setFilter(PoolFilter.newBuilder().setModelName(MODEL))
                        .build()));

        assertThat(InProcessRouter.requests(told.next().getPoolsList())).isZero();
        fleet.service.tick();
        reserve(ReserveRequest.newBuilder().setSelection(SELECTION));
        fleet.service.tick();
        assertThat(InProcessRouter.requests(told.next().getPoolsList())).isOne();
        life.cancel(null);
        assertThatThrownBy(told::hasNext).hasMessageStartingWith("CANCELLED");
    }

    @Test
    void aSlowWatcherIsSentTheLastStateAlone() {
        SlowReader reader = new SlowReader();
        RouterGrpc.newStub(router.channel).watchLoads(WatchLoadsRequest.getDefaultInstance(), reader);

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
                    life.call(() -> router.stub().watchLoads(WatchLoadsRequest.getDefaultInstance()));
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

        assertThat(router.stub()
                        .watchLoads(WatchLoadsRequest.getDefaultInstance())
                        .next())
                .isNotNull();
    }

    private WorkerRank chosen(Selection selection) {
        return router.stub()
                .select(SelectRequest.newBuilder().setSelection(selection).build())
                .getDestination()
                .getWorker();
    }

    private ReserveResponse reserve(ReserveRequest.Builder request) {
        return router.stub().reserve(request.build());
    }

    private void output(ReportOutputRequest.Builder request) {
        var _ = router.stub().reportOutput(request.build());
    }

    private void free(String id) {
        var _ = router.stub().free(FreeRequest.newBuilder().setSelectionId(id).build());
    }

    private List<PoolState> loads(String model, String group) {
        return router.stub()
                .getLoads(GetLoadsRequest.newBuilder()
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
        return InProcessRouter.requests(loads("", ""));
    }

    private static ReportOutputRequest.Builder progress(String id) {
        return ReportOutputRequest.newBuilder().setSelectionId(id);
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
            told.add(InProcessRouter.requests(state.getPoolsList()));
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {}
    }
}
