package io.kvepp.router;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorStub;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import java.io.IOException;
import java.util.concurrent.Executors;

/// Streams of gateways to the router of a fixture. Everything runs on the thread that sends.
final class InProcessGateway implements AutoCloseable {
    private final ExtProcService service;
    private final Server server;
    private final ManagedChannel channel;

    InProcessGateway(ExtProcConfig config, RouterFixture fixture) throws IOException {
        service = new ExtProcService(
                config,
                fixture.router(),
                fixture.metrics,
                new ExtProcHost(
                        Executors.newSingleThreadScheduledExecutor(), fixture.nanos::get, () -> "id", () -> true));
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(service)
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    ExternalProcessorStub stub() {
        return ExternalProcessorGrpc.newStub(channel);
    }

    int openStreams() {
        return service.openStreams();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        service.close();
    }
}
