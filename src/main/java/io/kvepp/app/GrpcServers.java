package io.kvepp.app;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The gRPC servers: ext_proc (with health) on a port of its own for each pool that has one, and
/// health alone.
///
/// Calls run on the event loops; whatever may take long is handed on by the service itself.
///
/// Thread-safe.
final class GrpcServers implements AutoCloseable {
    /// Some gateways send a whole body in one message.
    private static final int MESSAGE_BYTES_MARGIN = 1 << 20;

    private static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;
    private static final Duration DRAIN_TICK = Duration.ofMillis(50);

    /// For what was said last to arrive.
    private static final Duration LETTING_GO = Duration.ofMillis(500);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

    private final ServerConfig config;
    private final List<Bound> extProc = new ArrayList<>();
    private final Server health;

    /// A server, and the option that gave it its port.
    private record Bound(String option, int port, Server server) {}

    /// `ports`: which pool is asked for on which port; `tls`: for ext_proc; null for plaintext
    GrpcServers(
            ServerConfig config,
            PoolPorts ports,
            int bodyBytesMax,
            @Nullable SslContext tls,
            ServerServiceDefinition extProcService,
            ServerServiceDefinition healthService) {
        this.config = config;
        IntFunction<NettyServerBuilder> gateway = port -> secured(builder(config.host(), port), tls)
                .maxInboundMessageSize(Math.addExact(bodyBytesMax, MESSAGE_BYTES_MARGIN))
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .addService(extProcService)
                .addService(healthService);
        if (ports.isMainUsed()) {
            NettyServerBuilder main = gateway.apply(config.port());
            @Nullable String pool = ports.main();
            extProc.add(new Bound(
                    "port", config.port(), (pool == null ? main : main.intercept(PoolPorts.marking(pool))).build()));
        }
        new TreeMap<>(ports.others())
                .forEach((port, pool) -> extProc.add(new Bound(
                        "pool",
                        port,
                        gateway.apply(port).intercept(PoolPorts.marking(pool)).build())));
        health = builder(config.host(), config.healthPort())
                .addService(healthService)
                .build();
    }

    void startHealth() throws IOException {
        start(new Bound("health-port", config.healthPort(), health));
    }

    void startExtProc() throws IOException {
        for (Bound each : extProc) {
            start(each);
        }
    }

    /// The main port, or the lowest when every pool has one of its own.
    int port() {
        return extProc.getFirst().server().getPort();
    }

    /// The main port first, if there is one.
    List<Integer> ports() {
        return extProc.stream().map(each -> each.server().getPort()).toList();
    }

    int healthPort() {
        return health.getPort();
    }

    /// Refuses new requests, waits for those under way, lets go of what is left, then cuts off whatever
    /// stays: health watches have no end of their own.
    ///
    /// @param letGo ends the requests under way in a way that gateways go on with
    void drainExtProc(Duration timeout, BooleanSupplier idle, Runnable letGo) throws InterruptedException {
        extProc.forEach(each -> each.server().shutdown());
        if (!ends(timeout, idle)) {
            letGo.run();
            ends(LETTING_GO, () -> false);
        }
        extProc.forEach(each -> each.server().shutdownNow());
    }

    private boolean ends(Duration timeout, BooleanSupplier idle) throws InterruptedException {
        long tries = timeout.dividedBy(DRAIN_TICK);
        Server first = extProc.getFirst().server();
        for (long i = 0; i < tries && !idle.getAsBoolean(); i++) {
            if (first.awaitTermination(DRAIN_TICK.toMillis(), TimeUnit.MILLISECONDS)
                    && extProc.stream().allMatch(each -> each.server().isTerminated())) {
                return true;
            }
        }
        return idle.getAsBoolean();
    }

    @Override
    public void close() {
        extProc.forEach(each -> each.server().shutdownNow());
        health.shutdownNow();
    }

    private static NettyServerBuilder secured(NettyServerBuilder builder, @Nullable SslContext tls) {
        return tls == null ? builder : builder.sslContext(tls);
    }

    /// What every server has, and nothing to serve.
    static NettyServerBuilder builder(String host, int port) {
        return NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                .directExecutor()
                // An answer that waits for the acknowledgement of another one costs 40 ms.
                .withChildOption(ChannelOption.TCP_NODELAY, true)
                .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
    }

    private void start(Bound bound) throws IOException {
        try {
            bound.server().start();
        } catch (IOException e) {
            throw new IOException(
                    bound.option() + ": " + config.host() + ":" + bound.port() + " (expected: a free port): "
                            + e.getMessage(),
                    e);
        }
    }
}
