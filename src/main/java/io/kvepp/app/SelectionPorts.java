package io.kvepp.app;

import io.kvepp.discovery.registered.RegisteredWorkers;
import io.kvepp.routerservice.grpc.SelectionGrpcServer;
import io.kvepp.routerservice.http.SelectionServer;
import java.io.IOException;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where callers that are no gateways come in: over HTTP and over gRPC, each where a port is given.
///
/// Thread-safe.
final class SelectionPorts implements AutoCloseable {
    private static final String NONE = "none";

    private final @Nullable SelectionServer http;
    private final @Nullable SelectionGrpcServer grpc;

    /// `registered`: where callers register workers; null where they cannot
    SelectionPorts(EppConfig config, Brain brain, @Nullable RegisteredWorkers registered) throws IOException {
        Supplier<String> ids = () -> UUID.randomUUID().toString();
        http = config.selection().isOn()
                ? new SelectionServer(
                        config.selection(),
                        brain.selections(),
                        new SelectionServer.Workers(brain::workerSet, registered),
                        new SelectionServer.Dump(brain::dump, config.admin()::mayDumpFor),
                        ids)
                : null;
        grpc = config.selectionGrpc().isOn()
                ? new SelectionGrpcServer(config.selectionGrpc(), brain.selections(), ids)
                : null;
    }

    void start() throws IOException {
        if (http != null) {
            http.start();
        }
        if (grpc != null) {
            grpc.start();
        }
    }

    void tick() {
        if (grpc != null) {
            grpc.publishHealth();
        }
    }

    void drain() {
        if (grpc != null) {
            grpc.drain();
        }
    }

    /// For the log.
    String httpPort() {
        return http == null ? NONE : String.valueOf(http.port());
    }

    /// For the log.
    String grpcPort() {
        return grpc == null ? NONE : String.valueOf(grpc.port());
    }

    @Override
    public void close() {
        if (http != null) {
            http.close();
        }
        if (grpc != null) {
            grpc.close();
        }
    }
}
