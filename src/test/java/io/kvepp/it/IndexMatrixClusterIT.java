package io.kvepp.it;

import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.cluster.KubernetesWorkers;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/// The rows of the matrix whose workers announce themselves in a real API server.
@ExtendWith({Clusters.class, Deployments.class})
class IndexMatrixClusterIT {
    private final RealParts parts;
    private final RealServers servers;
    private final Cluster cluster;

    IndexMatrixClusterIT(RealParts parts, RealServers servers, Cluster cluster) {
        this.parts = parts;
        this.servers = servers;
        this.cluster = cluster;
    }

    @TestFactory
    Stream<DynamicTest> theIndexEqualsWhatTheWorkersHold() {
        Map<String, Runnable> cells = new LinkedHashMap<>();
        IndexMatrixCell.TOPOLOGIES.forEach((topology, roles) -> {
            for (boolean nats : new boolean[] {false, true}) {
                String name = "kubernetes-" + (nats ? "nats-" : "zmq-") + topology;
                cells.put(name, () -> cell(name, nats, roles));
            }
        });
        return ConcurrentCells.run(cells);
    }

    private void cell(String name, boolean nats, List<Role> roles) {
        try (Processes own = new Processes(Project.logs().resolve("matrix-" + name + "-servers"));
                KubernetesWorkers workers = new KubernetesWorkers(cluster, name)) {
            EventPlane events =
                    nats ? NatsServer.start(own, servers.requireNatsServer()).events() : EventPlane.ZMQ;
            IndexMatrixCell.keepsTheIndexEqual(name, parts, workers, events, roles);
        }
    }
}
