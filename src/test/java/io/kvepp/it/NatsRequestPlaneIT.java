package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.kvevents.RequestPlaneRecoveryClient;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.nats.NatsConfig;
import io.kvepp.nats.NatsConnection;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A real worker that takes its requests over a real NATS server.
@ExtendWith(Deployments.class)
class NatsRequestPlaneIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RealParts parts;
    private final RealServers servers;

    NatsRequestPlaneIT(RealParts parts, RealServers servers) {
        this.parts = parts;
        this.servers = servers;
    }

    @Test
    void aWorkerTellsWhatItHoldsWhenItIsAskedAtItsSubject() throws Exception {
        try (Processes own = new Processes(Project.logs().resolve("requestplane-nats"));
                Stack stack = new Stack("requestplane-nats", parts, StackSettings.DEFAULT);
                EppMetrics metrics = new EppMetrics()) {
            NatsServer server = NatsServer.start(own, servers.requireNatsServer());
            stack.launchMocker(Map.of("DYN_REQUEST_PLANE", "nats", "NATS_SERVER", server.url()));
            Options options = new Options(Map.of("nats-server", List.of(server.url())), Map.of());
            AtomicReference<WorkerSet> workers = new AtomicReference<>(WorkerSet.EMPTY);
            try (WorkerDiscovery discovery = stack.store().discovery(metrics);
                    NatsConnection nats = new NatsConnection(NatsConfig.from(options));
                    TcpRequestPlaneClient client = new TcpRequestPlaneClient(
                            TcpRequestPlaneConfig.from(options),
                            () -> UUID.randomUUID().toString(),
                            System::nanoTime,
                            nats::request)) {
                client.start();
                nats.start();
                Await.until("NATS is connected", LIMIT, nats::connected);
                discovery.start(workers::set);
                KvEventPublisher publisher =
                        Await.present("its events are announced", LIMIT, () -> publisher(workers.get()));
                assertThat(publisher.recoveryTarget().transport()).startsWith("nats:");

                RecoveryReply reply = new RequestPlaneRecoveryClient(client)
                        .recover(publisher, OptionalLong.empty(), LIMIT)
                        .get();
                assertThat(reply).isInstanceOf(RecoveryReply.TreeDump.class);
            }
        }
    }

    private static Optional<KvEventPublisher> publisher(WorkerSet workers) {
        return workers.kvEventPublishers().stream()
                .filter(publisher -> publisher.recoveryTarget() != null)
                .findFirst();
    }
}
