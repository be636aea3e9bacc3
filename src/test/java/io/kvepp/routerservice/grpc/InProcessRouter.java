package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;

import com.google.common.primitives.Ints;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.PoolState;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RankState;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.RouterGrpc.RouterBlockingStub;
import io.kvepp.router.v1.Selection;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.testing.SelectionFleet;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A router over a fleet, called on the caller's thread.
final class InProcessRouter implements AutoCloseable {
    static final int[] IDS = tokens(100, 2 * BLOCK + 8);
    static final Prompt PROMPT =
            Prompt.newBuilder().addAllTokenIds(Ints.asList(IDS)).build();
    static final Pool SERVED = Pool.newBuilder().setModelName(MODEL).build();
    static final Selection SELECTION =
            Selection.newBuilder().setPool(SERVED).setPrompt(PROMPT).build();

    private static final long LIMIT_SECONDS = 20;

    final SelectionFleet fleet;
    final ManagedChannel channel;
    private final Server server;

    InProcessRouter(SelectionFleet fleet) throws IOException {
        this.fleet = fleet;
        String name = InProcessServerBuilder.generateName();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new RouterCalls(fleet.service, () -> "made-here"))
                .build()
                .start();
    }

    RouterBlockingStub stub() {
        return RouterGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    static Selection.Builder selection() {
        return SELECTION.toBuilder();
    }

    static WorkerRank rank(long worker, int rank) {
        return WorkerRank.newBuilder().setWorkerId(worker).setDpRank(rank).build();
    }

    /// Requests under way.
    static int requests(List<PoolState> pools) {
        return pools.stream()
                .flatMap(pool -> pool.getRanksList().stream())
                .mapToInt(RankState::getActiveRequests)
                .sum();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        fleet.close();
    }
}
