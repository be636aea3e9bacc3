package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A connection to a worker that carries requests one after another; the worker acknowledges each in
/// its turn.
///
/// Thread-safe.
final class WorkerConnection implements StallWatch.Watched {
    private static final int ACK_BYTES_MAX = 64 << 10;
    private static final int BUFFER_BYTES = 512;

    private final Socket socket;
    private final StallWatch watch;
    private final Duration ackTimeout;
    private final Duration idleTimeout;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private final Set<Runnable> lossActions = ConcurrentHashMap.newKeySet();
    private boolean closed;
    private volatile boolean idle;
    private volatile boolean used;
    private volatile boolean late;
    private volatile long since;

    /// A request that is not acknowledged yet.
    private record Waiting(CompletableFuture<byte[]> ack, long sinceNanos) {}

    private WorkerConnection(Socket socket, StallWatch watch, Duration ackTimeout, Duration idleTimeout) {
        this.socket = socket;
        this.watch = watch;
        this.ackTimeout = ackTimeout;
        this.idleTimeout = idleTimeout;
        since = watch.now();
    }

    static WorkerConnection open(
            InetSocketAddress address, PlaneTls tls, StallWatch watch, TcpRequestPlaneConfig config)
            throws RequestPlaneException {
        Socket raw = new Socket();
        Socket socket;
        try {
            raw.connect(address, Math.toIntExact(config.connectTimeout().toMillis()));
            raw.setTcpNoDelay(true);
            raw.setKeepAlive(true);
            socket = tls.connected(raw, address.getAddress());
        } catch (IOException e) {
            Closing.quietly(raw);
            throw new RequestPlaneException(
                    Reason.CONNECT, "worker: " + address + " (expected: a connection): " + e.getMessage());
        }
        WorkerConnection connection =
                new WorkerConnection(socket, watch, config.ackTimeout(), config.poolIdleTimeout());
        watch.add(connection);
        Thread.ofVirtual().name("request-plane-acks").start(connection::readAcks);
        return connection;
    }

    InetAddress localAddress() {
        return socket.getLocalAddress();
    }

    /// Whether a request was acknowledged on it.
    boolean wasUsed() {
        return used;
    }

    /// Runs `action` when the worker ends the connection, until [#forget].
    void whenLost(Runnable action) {
        lossActions.add(action);
        if (load() < 0 && !idle) {
            action.run();
        }
    }

    void forget(Runnable action) {
        lossActions.remove(action);
    }

    /// Requests that are not acknowledged; -1 once the connection is closed.
    int load() {
        lock.lock();
        try {
            return closed ? -1 : waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /// Sends `frame`; the future gives the text of the acknowledgement.
    CompletableFuture<byte[]> send(byte[] frame) {
        CompletableFuture<byte[]> ack = new CompletableFuture<>();
        lock.lock();
        try {
            if (closed) {
                ack.completeExceptionally(disconnected("closed"));
                return ack;
            }
            since = watch.now();
            waiting.add(new Waiting(ack, since));
            socket.getOutputStream().write(frame);
        } catch (IOException e) {
            Closing.quietly(socket);
        } finally {
            lock.unlock();
        }
        return ack;
    }

    void close() {
        Closing.quietly(socket);
    }

    /// Does not wait for the lock: a stalled write holds it.
    @Override
    public void check(long nowNanos) {
        boolean free = lock.tryLock();
        try {
            @Nullable Waiting oldest = free ? waiting.peek() : null;
            long waitingSince = oldest == null ? since : oldest.sinceNanos();
            late = (!free || oldest != null) && nowNanos - waitingSince > ackTimeout.toNanos();
            idle = free && oldest == null && nowNanos - since > idleTimeout.toNanos();
            if (late || idle) {
                close();
            }
        } finally {
            if (free) {
                lock.unlock();
            }
        }
    }

    private void readAcks() {
        String end = "closed by the worker";
        try (socket) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
            while (true) {
                long length = Integer.toUnsignedLong(in.readInt());
                TwoPart.checkLength("acknowledgement", length, ACK_BYTES_MAX);
                byte[] text = TwoPart.exactly(in, (int) length);
                @Nullable Waiting oldest = poll();
                if (oldest == null) {
                    return;
                }
                used = true;
                oldest.ack().complete(text);
            }
        } catch (RequestPlaneException e) {
            fail(e);
        } catch (IOException e) {
            end = e.toString();
        } finally {
            watch.remove(this);
            fail(late ? timedOut() : disconnected(end));
            if (!idle) {
                lossActions.forEach(Runnable::run);
            }
        }
    }

    private RequestPlaneException timedOut() {
        return new RequestPlaneException(
                Reason.TIMEOUT, "acknowledgement: not complete (expected: within " + ackTimeout + ")");
    }

    private @Nullable Waiting poll() {
        lock.lock();
        try {
            since = watch.now();
            return waiting.poll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(RequestPlaneException failure) {
        List<Waiting> failed;
        lock.lock();
        try {
            closed = true;
            failed = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        failed.forEach(each -> each.ack().completeExceptionally(failure));
    }

    private static RequestPlaneException disconnected(String why) {
        return new RequestPlaneException(
                Reason.DISCONNECTED, "connection to the worker ended before it acknowledged the request: " + why);
    }
}
