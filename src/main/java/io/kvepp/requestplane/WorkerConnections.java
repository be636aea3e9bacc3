package io.kvepp.requestplane;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The open connections to all workers, a few to each. Nothing here blocks; failures are those of
/// [WorkerConnection#open].
///
/// Thread-safe.
final class WorkerConnections implements AutoCloseable {
    private final TcpRequestPlaneConfig config;
    private final PlaneTls tls;
    private final PlaneLoops loops;
    private final StallWatch watch;
    private final Map<InetSocketAddress, Pool> pools = new ConcurrentHashMap<>();

    WorkerConnections(TcpRequestPlaneConfig config, PlaneTls tls, PlaneLoops loops, StallWatch watch) {
        this.config = config;
        this.tls = tls;
        this.loops = loops;
        this.watch = watch;
    }

    /// The connections to one worker. `opening` have a place but are not there yet.
    private static final class Pool {
        private final ReentrantLock lock = new ReentrantLock();
        private final List<WorkerConnection> open = new ArrayList<>();
        private int opening;
    }

    /// An idle connection, else a new one, else the one with the fewest requests.
    CompletableFuture<WorkerConnection> connect(InetSocketAddress address) {
        Pool pool = pools.computeIfAbsent(address, _ -> new Pool());
        @Nullable WorkerConnection known = leastBusy(pool);
        return known != null ? CompletableFuture.completedFuture(known) : open(address, pool);
    }

    /// A connection that nobody has used before.
    CompletableFuture<WorkerConnection> connectAnew(InetSocketAddress address) {
        Pool pool = pools.computeIfAbsent(address, _ -> new Pool());
        pool.lock.lock();
        try {
            pool.opening++;
        } finally {
            pool.lock.unlock();
        }
        return open(address, pool);
    }

    @Override
    public void close() {
        pools.values().forEach(pool -> {
            pool.lock.lock();
            try {
                pool.open.forEach(WorkerConnection::close);
            } finally {
                pool.lock.unlock();
            }
        });
    }

    /// Null when a new one is to be opened, whose place is taken.
    private @Nullable WorkerConnection leastBusy(Pool pool) {
        pool.lock.lock();
        try {
            pool.open.removeIf(connection -> connection.load() < 0);
            @Nullable WorkerConnection best = null;
            int least = Integer.MAX_VALUE;
            for (WorkerConnection each : pool.open) {
                int load = each.load();
                if (load >= 0 && load < least) {
                    best = each;
                    least = load;
                }
            }
            if (best == null || (least > 0 && pool.open.size() + pool.opening < config.poolSize())) {
                pool.opening++;
                return null;
            }
            return best;
        } finally {
            pool.lock.unlock();
        }
    }

    private CompletableFuture<WorkerConnection> open(InetSocketAddress address, Pool pool) {
        return WorkerConnection.open(address, tls, loops, watch, config).whenComplete((opened, failure) -> {
            pool.lock.lock();
            try {
                pool.opening--;
                if (failure == null) {
                    pool.open.add(opened);
                }
            } finally {
                pool.lock.unlock();
            }
        });
    }
}
