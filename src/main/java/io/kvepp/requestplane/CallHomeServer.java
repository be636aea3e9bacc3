package io.kvepp.requestplane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Accepts the connections that workers open, and hands each to the call whose subject it names.
///
/// A connection that names no expected subject, names none in time, or comes while too many have
/// not named theirs is closed.
///
/// Thread-safe.
final class CallHomeServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CallHomeServer.class);
    private static final int NAMELESS_CONNECTIONS_MAX = 256;
    private static final int NAMING_BYTES_MAX = 4096;
    private static final int BACKLOG = 256;
    private static final Duration NAMING_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

    private final InetSocketAddress bindAddress;
    private final PlaneTls tls;
    private final Deadlines deadlines;
    private final Map<String, CompletableFuture<HomeConnection>> expected = new ConcurrentHashMap<>();
    private final Set<Socket> namelessSockets = ConcurrentHashMap.newKeySet();
    private final Semaphore nameless = new Semaphore(NAMELESS_CONNECTIONS_MAX);
    private volatile @Nullable ServerSocket server;

    CallHomeServer(InetSocketAddress bindAddress, PlaneTls tls, Deadlines deadlines) {
        this.bindAddress = bindAddress;
        this.tls = tls;
        this.deadlines = deadlines;
    }

    void start() throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.bind(bindAddress, BACKLOG);
        } catch (IOException e) {
            Closing.quietly(socket);
            throw new IOException(
                    "request-plane-port: " + bindAddress + " (expected: a free port of a local address): "
                            + e.getMessage(),
                    e);
        }
        server = socket;
        Thread.ofVirtual().name("request-plane-accept").start(() -> accept(socket));
    }

    /// What a worker that is connected to `localAddress` of this machine is told to call.
    String addressFor(InetAddress localAddress) {
        ServerSocket socket = server;
        if (socket == null) {
            throw new IllegalStateException("not started (expected: start before the first call)");
        }
        InetAddress host = bindAddress.getAddress().isAnyLocalAddress() ? localAddress : bindAddress.getAddress();
        String text = host.getHostAddress();
        return (text.contains(":") ? "[" + text + "]" : text) + ":" + socket.getLocalPort();
    }

    /// The next connection that names `subject`; it belongs to the caller, who ends the wait with
    /// [#forget].
    CompletableFuture<HomeConnection> expect(String subject) {
        CompletableFuture<HomeConnection> home = new CompletableFuture<>();
        expected.put(subject, home);
        return home;
    }

    void forget(String subject) {
        expected.remove(subject);
    }

    @Override
    public void close() {
        ServerSocket socket = server;
        if (socket != null) {
            Closing.quietly(socket);
        }
        namelessSockets.forEach(Closing::quietly);
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                welcome(socket.accept());
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    LOG.warn("accepting a connection of a worker failed: {}", e.getMessage());
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(ACCEPT_PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void welcome(Socket socket) {
        if (!nameless.tryAcquire()) {
            LOG.debug("connection closed: {} connections have not named a subject", NAMELESS_CONNECTIONS_MAX);
            Closing.quietly(socket);
            return;
        }
        Thread.ofVirtual().name("request-plane-home").start(() -> {
            namelessSockets.add(socket);
            try {
                handOver(socket);
            } finally {
                namelessSockets.remove(socket);
                nameless.release();
            }
        });
    }

    private void handOver(Socket socket) {
        boolean handedOver = false;
        try (var _ = deadlines.start(NAMING_TIMEOUT, () -> Closing.quietly(socket))) {
            socket.setTcpNoDelay(true);
            HomeConnection connection = new HomeConnection(tls.accepted(socket));
            String subject =
                    ControlHeader.subject(connection.read(NAMING_BYTES_MAX).header());
            CompletableFuture<HomeConnection> home = subject == null ? null : expected.remove(subject);
            handedOver = home != null && home.complete(connection);
        } catch (IOException | RequestPlaneException e) {
            LOG.debug("connection closed before it named a subject: {}", e.toString());
        } finally {
            if (!handedOver) {
                Closing.quietly(socket);
            }
        }
    }
}
