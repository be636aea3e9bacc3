package io.kvepp.routerservice.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.kvepp.router.v1.PoolState;
import io.kvepp.router.v1.WatchLoadsResponse;
import io.kvepp.routerservice.PoolLoads;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What one watcher of loads is sent: the newest state, as soon as it can take more, and only if it
/// is another than it was sent last.
///
/// Thread-safe.
final class LoadStream {
    private final ServerCallStreamObserver<WatchLoadsResponse> call;
    private final Predicate<PoolLoads> wanted;
    private @Nullable List<PoolState> newest;
    private @Nullable List<PoolState> sent;

    LoadStream(ServerCallStreamObserver<WatchLoadsResponse> call, Predicate<PoolLoads> wanted) {
        this.call = call;
        this.wanted = wanted;
    }

    synchronized void offer(List<PoolLoads> loads) {
        newest = ResponseMessages.pools(loads, wanted);
        flush();
    }

    synchronized void flush() {
        @Nullable List<PoolState> next = newest;
        if (next != null && call.isReady()) {
            newest = null;
            if (!next.equals(sent)) {
                sent = next;
                call.onNext(WatchLoadsResponse.newBuilder().addAllPools(next).build());
            }
        }
    }
}
