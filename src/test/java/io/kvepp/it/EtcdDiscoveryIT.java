package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Real workers that announce themselves in a real etcd.
@ExtendWith(Deployments.class)
class EtcdDiscoveryIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RealParts parts;
    private final Processes servers = new Processes(Project.logs().resolve("etcd"));
    private final EtcdServer etcd;
    private Stack stack;

    EtcdDiscoveryIT(RealParts parts, RealServers programs, @TempDir Path data) {
        this.parts = parts;
        etcd = EtcdServer.start(servers, programs.requireEtcd(), data);
    }

    @BeforeEach
    void start() {
        stack = new Stack("etcd", parts, StackSettings.DEFAULT, etcd, EventPlane.ZMQ);
    }

    @AfterEach
    void stop() {
        stack.close();
        servers.close();
    }

    @Test
    void workersInEtcdServeAndLeaveWithTheirLease() {
        stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("etcd", frontend.port());
        stack.awaitModelListed(frontend);

        Completion answer = new InferenceClient(gateway.port())
                .complete(
                        InferenceClient.CHAT,
                        Prompts.chat(stack.settings().modelName(), 4, "s", "u").toString());
        assertThat(answer.isGood()).as("%s", answer).isTrue();
        assertThat(gateway.admin().metric("kv_epp_discovery_connected")).isEqualTo(1);

        WorkerProcess killed = stack.workers().getFirst();
        killed.process().kill();
        stack.forget(killed);
        Await.until(
                "its lease has ended",
                LIMIT,
                () -> gateway.admin().workerIds().equals(stack.workerIds(Role.AGGREGATED)));
    }
}
