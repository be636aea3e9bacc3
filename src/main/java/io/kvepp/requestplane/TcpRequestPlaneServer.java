package io.kvepp.requestplane;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

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
    private static final int BACKLOG = 4_096;
    private static final Duration DRAIN_TICK = Duration.ofMillis(20);

    private final TcpRequestServerConfig config;
    private final EppMetrics metrics;
    private final StallWatch watch;
    private final PlaneTls tls;
    private final PlaneLoops loops;
    private final boolean ownLoops;
    private final RequestIntake intake;
    private final Set<ServedConnection> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore places;
    private volatile @Nullable Channel server;

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

    /// Serves those requests of an endpoint that need no thread of their own.
    ///
    /// Called on a thread that others wait for: it must not block, which sending does not here. What it
    /// sends is kept until the answer is complete, so it is for short answers. A request for which
    /// something has to be waited for it leaves to the handler that it returns; null when there is nothing
    /// left to do. Failures are as in [EndpointHandler]. Large requests are served on threads of their own
    /// all the same.
    ///
    /// Implementations are thread-safe.
    @FunctionalInterface
    public interface QuickHandler {
        @Nullable
        EndpointHandler handle(EndpointRequest request, EndpointAnswer answer) throws EndpointException, IOException;
    }

    /// With threads of its own.
    public TcpRequestPlaneServer(TcpRequestServerConfig config, EppMetrics metrics, LongSupplier nanoClock) {
        this(config, metrics, nanoClock, new PlaneLoops(), true);
    }

    /// Serves on the threads on which `client` hears workers, so that what is passed on stays on one;
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
        places = new Semaphore(config.connectionsMax());
        intake = new RequestIntake(
                config, new AnswerParts(watch, tls, config.connectTimeout(), config.writeTimeout()), metrics);
        metrics.bind(Meter.SERVE_CONNECTIONS, connections::size);
        metrics.bind(Meter.SERVE_REQUESTS, intake::requests);
    }

    /// Serves `handler` under `path`, such as `7b/dynamo/router/generate`. `service` and `name` are
    /// what meters call it.
    public void serve(String path, String service, String name, EndpointHandler handler) {
        intake.add(path, ServedEndpoint.patient(service, name, handler));
    }

    /// The same for requests of which most need no thread of their own.
    public void serveQuickly(String path, String service, String name, QuickHandler handler) {
        intake.add(path, ServedEndpoint.quick(service, name, handler));
    }

    /// Refuses requests for `path` from now on; those under way go on.
    public void withdraw(String path) {
        intake.remove(path);
    }

    /// Listens for callers.
    ///
    /// @throws IOException when the port is taken; the message names it
    public void start() throws IOException {
        server =
                loops.listen(new InetSocketAddress(config.host(), config.port()), BACKLOG, "serve-port", this::welcome);
        watch.start();
    }

    /// What callers connect to, such as `10.0.0.5:41877`: the address that is listened on, or else
    /// one of this machine.
    public String address() throws IOException {
        Channel listening = server;
        if (listening == null) {
            throw new IllegalStateException("not started (expected: start before address)");
        }
        InetAddress host = config.host().isAnyLocalAddress() ? LocalAddress.find() : config.host();
        String text = host.getHostAddress();
        return (text.contains(":") ? "[" + text + "]" : text) + ":"
                + ((InetSocketAddress) listening.localAddress()).getPort();
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
        Channel listening = server;
        if (listening != null) {
            var _ = listening.close();
        }
        connections.forEach(ServedConnection::close);
        watch.close();
        if (ownLoops) {
            loops.close();
        }
    }

    private void welcome(SocketChannel channel) {
        channel.config().setKeepAlive(true);
        ServedConnection connection = new ServedConnection(channel, tls, config, intake, watch);
        tls.accept(channel.pipeline());
        channel.pipeline().addLast(connection);
        watch.add(connection);
        boolean hasPlace = places.tryAcquire();
        if (hasPlace) {
            connections.add(connection);
        }
        channel.closeFuture().addListener(_ -> {
            watch.remove(connection);
            metrics.serveConnectionEnd(connection.endReason());
            if (hasPlace) {
                connections.remove(connection);
                places.release();
            }
        });
        if (!hasPlace) {
            connection.refuse(
                    "Server overloaded: serve-connections-max: " + config.connectionsMax()
                            + " connections (expected: fewer)",
                    "too_many");
        }
    }
}
