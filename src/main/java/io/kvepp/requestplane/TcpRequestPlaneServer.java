package io.kvepp.requestplane;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves endpoints over TCP: all on one port, told apart by their paths.
///
/// - Requests beyond the limits are refused in their acknowledgement (`Server overloaded: ...`),
///   and so are those for paths that are not served, or while the server drains
///   (`Server unavailable: ...`).
/// - What is no request ends its connection, with a text that says why.
///
/// Source: Dynamo's TCP request plane, versions 1.5 and 1.6.
///
/// Thread-safe.
public final class TcpRequestPlaneServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRequestPlaneServer.class);
    private static final int BACKLOG = 4_096;
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);
    private static final Duration DRAIN_TICK = Duration.ofMillis(20);

    private final TcpRequestServerConfig config;
    private final EppMetrics metrics;
    private final StallWatch watch;
    private final PlaneTls tls;
    private final PlaneLoops loops;
    private final boolean ownLoops;
    private final RequestIntake intake;
    private final Set<ServedConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ServerSocket server;

    /// Serves the requests of one endpoint.
    ///
    /// - Called on a virtual thread of its own for each request; it may block.
    /// - When it returns, the answer is complete. An [EndpointException] becomes an error item of its
    ///   type, any other unchecked one an item of type `Unknown` without its text.
    /// - An IOException says that the caller is gone; nobody is told.
    ///
    /// Implementations are thread-safe.
    @FunctionalInterface
    public interface EndpointHandler {
        void handle(EndpointRequest request, EndpointAnswer answer)
                throws EndpointException, IOException, InterruptedException;
    }

    /// With threads of its own for the answers.
    public TcpRequestPlaneServer(TcpRequestServerConfig config, EppMetrics metrics, LongSupplier nanoClock) {
        this(config, metrics, nanoClock, new PlaneLoops(), true);
    }

    /// Answers on the threads on which `client` hears workers, so that what is passed on stays on one;
    /// the client is closed after this.
    public TcpRequestPlaneServer(
            TcpRequestServerConfig config, EppMetrics metrics, LongSupplier nanoClock, TcpRequestPlaneClient client) {
        this(config, metrics, nanoClock, client.loops(), false);
    }

    private TcpRequestPlaneServer(
            TcpRequestServerConfig config,
            EppMetrics metrics,
            LongSupplier nanoClock,
            PlaneLoops loops,
            boolean ownLoops) {
        this.config = config;
        this.loops = loops;
        this.ownLoops = ownLoops;
        this.metrics = metrics;
        watch = new StallWatch(nanoClock);
        tls = new PlaneTls(config.tls());
        intake = new RequestIntake(
                config, new AnswerParts(watch, tls, loops, config.connectTimeout(), config.writeTimeout()), metrics);
        metrics.bind(Meter.SERVE_CONNECTIONS, connections::size);
        metrics.bind(Meter.SERVE_REQUESTS, intake::requests);
    }

    /// Serves `handler` under `path`, such as `7b/dynamo/router/generate`. `service` and `name` are
    /// what meters call it.
    public void serve(String path, String service, String name, EndpointHandler handler) {
        intake.add(path, new ServedEndpoint(service, name, handler));
    }

    /// Refuses requests for `path` from now on; those under way go on.
    public void withdraw(String path) {
        intake.remove(path);
    }

    /// Listens for callers.
    ///
    /// @throws IOException when the port is taken; the message names it
    public void start() throws IOException {
        ServerSocket socket = new ServerSocket();
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        try {
            socket.bind(address, BACKLOG);
        } catch (IOException e) {
            Closing.quietly(socket);
            throw new IOException(
                    "serve-port: " + address + " (expected: a free port of a local address): " + e.getMessage(), e);
        }
        server = socket;
        watch.start();
        Thread.ofVirtual().name("request-plane-accept").start(() -> accept(socket));
    }

    /// What callers connect to, such as `10.0.0.5:41877`: the address that is listened on, or else
    /// one of this machine.
    public String address() throws IOException {
        ServerSocket socket = server;
        if (socket == null) {
            throw new IllegalStateException("not started (expected: start before address)");
        }
        InetAddress host = config.host().isAnyLocalAddress() ? LocalAddress.find() : config.host();
        String text = host.getHostAddress();
        return (text.contains(":") ? "[" + text + "]" : text) + ":" + socket.getLocalPort();
    }

    /// Refuses new requests and waits for those under way, `limit` at most.
    public void drain(Duration limit) throws InterruptedException {
        intake.drain();
        long end = watch.now() + limit.toNanos();
        while (intake.requests() > 0 && watch.now() < end) {
            Thread.sleep(DRAIN_TICK);
        }
    }

    @Override
    public void close() {
        intake.drain();
        ServerSocket socket = server;
        if (socket != null) {
            Closing.quietly(socket);
        }
        connections.forEach(ServedConnection::close);
        watch.close();
        if (ownLoops) {
            loops.close();
        }
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                welcome(socket.accept());
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    LOG.warn("accepting a connection of a caller failed: {}", e.getMessage());
                    pause();
                }
            }
        }
    }

    private void welcome(Socket socket) {
        ServedConnection connection = new ServedConnection(socket, tls, config, intake, watch);
        if (connections.size() >= config.connectionsMax()) {
            metrics.serveConnectionEnd("too_many");
            connection.refuse("Server overloaded: serve-connections-max: " + config.connectionsMax()
                    + " connections (expected: fewer)");
            return;
        }
        connections.add(connection);
        Thread.ofVirtual().name("request-plane-connection").start(() -> {
            try {
                metrics.serveConnectionEnd(connection.run());
            } finally {
                connections.remove(connection);
            }
        });
    }

    private static void pause() {
        try {
            Thread.sleep(ACCEPT_PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
