package io.kvepp.routerservice.grpc;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.routerservice.SelectionService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Serves the selection API over gRPC, with health and reflection; see [RouterCalls].
///
/// Larger messages than [#MESSAGE_BYTES_MAX] are answered with RESOURCE_EXHAUSTED; more calls than
/// [#CALLS_PER_CONNECTION_MAX] at a time wait at their caller. Connections whose peer is gone are
/// found by pings. Health, under the empty name and the service's, says whether there is a worker.
///
/// Calls run on the event loops: none of them waits there.
///
/// Thread-safe.
public final class SelectionGrpcServer implements AutoCloseable {
    static final int MESSAGE_BYTES_MAX = 8 << 20;

    private static final int CALLS_PER_CONNECTION_MAX = 256;
    private static final Duration PING_AFTER_SILENCE = Duration.ofSeconds(30);
    private static final List<String> HEALTH_NAMES = List.of("", RouterGrpc.SERVICE_NAME);

    private final SelectionGrpcConfig config;
    private final SelectionService service;
    private final HealthStatusManager health = new HealthStatusManager();
    private final Server server;

    /// `ids`: for callers that bring none
    public SelectionGrpcServer(SelectionGrpcConfig config, SelectionService service, Supplier<String> ids) {
        this.config = config;
        this.service = service;
        server = NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
                .directExecutor()
                .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
                .keepAliveTime(PING_AFTER_SILENCE.toSeconds(), TimeUnit.SECONDS)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(new RouterCalls(service, ids))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
    }

    /// Binds the port and serves.
    ///
    /// @throws IOException when the port is taken; the message names it
    public void start() throws IOException {
        publishHealth();
        try {
            server.start();
        } catch (IOException e) {
            throw new IOException(
                    "selection-grpc-port: " + config.host() + ":" + config.port() + " (expected: a free port): "
                            + e.getMessage(),
                    e);
        }
    }

    public int port() {
        return server.getPort();
    }

    /// Tells whether there is a worker now; called several times a second.
    public void publishHealth() {
        ServingStatus status = service.servesAny() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        HEALTH_NAMES.forEach(name -> health.setStatus(name, status));
    }

    /// Health says from now on that callers should go elsewhere.
    public void drain() {
        health.enterTerminalState();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
