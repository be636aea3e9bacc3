package io.kvepp.requestplane;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The open connections to all workers, a few to each.
///
/// Thread-safe.
final class WorkerConnections implements AutoCloseable {
    private final TcpRequestPlaneConfig config;
    private final PlaneTls tls;
    private final StallWatch watch;
    private final Map<InetSocketAddress, Pool> pools = new ConcurrentHashMap<>();

    WorkerConnections(TcpRequestPlaneConfig config, PlaneTls tls, StallWatch watch) {
        this.config = config;
        this.tls = tls;
        this.watch = watch;
    }

    /// The connections to one worker. `opening` have a place but are not there yet.
    private static final class Pool {
        private final ReentrantLock lock = new ReentrantLock();
        private final List<WorkerConnection> open = new ArrayList<>();
        private int opening;
    }

    /// An idle connection, else a new one, else the one with the fewest requests.
    WorkerConnection connect(InetSocketAddress address) throws RequestPlaneException {
        Pool pool = pools.computeIfAbsent(address, _ -> new Pool());
        @Nullable WorkerConnection known = leastBusy(pool);
        return known != null ? known : open(address, pool);
    }

    /// A connection that nobody has used before.
    WorkerConnection connectAnew(InetSocketAddress address) throws RequestPlaneException {
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

    private WorkerConnection open(InetSocketAddress address, Pool pool) throws RequestPlaneException {
        @Nullable WorkerConnection opened = null;
        try {
            opened = WorkerConnection.open(address, tls, watch, config);
            return opened;
        } finally {
            pool.lock.lock();
            try {
                pool.opening--;
                if (opened != null) {
                    pool.open.add(opened);
                }
            } finally {
                pool.lock.unlock();
            }
        }
    }
}
