package io.kvepp.it;

import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.it.stack.WorkerStore;
import io.kvepp.it.stack.ZmqBroker;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// On every combination of planes and topologies the index equals what the workers hold.
@ExtendWith(Deployments.class)
class IndexMatrixIT {
    private final RealParts parts;
    private final RealServers servers;
    private final Path folder;

    IndexMatrixIT(RealParts parts, RealServers servers, @TempDir Path folder) {
        this.parts = parts;
        this.servers = servers;
        this.folder = folder;
    }

    @TestFactory
    Stream<DynamicTest> theIndexEqualsWhatTheWorkersHold() {
        Map<String, Runnable> cells = new LinkedHashMap<>();
        IndexMatrixCell.TOPOLOGIES.forEach((topology, roles) -> {
            for (boolean etcd : new boolean[] {false, true}) {
                for (boolean nats : new boolean[] {false, true}) {
                    String name = (etcd ? "etcd-" : "file-") + (nats ? "nats-" : "zmq-") + topology;
                    cells.put(name, () -> cell(name, etcd, nats, roles));
                }
            }
        });
        String brokers = "file-brokers-disaggregated";
        cells.put(brokers, () -> throughTwoBrokers(brokers));
        return ConcurrentCells.run(cells);
    }

    private void cell(String name, boolean etcd, boolean nats, List<Role> roles) {
        try (Processes own = new Processes(Project.logs().resolve("matrix-" + name + "-servers"))) {
            WorkerStore store = etcd ? EtcdServer.start(own, servers.requireEtcd(), folder.resolve(name)) : null;
            EventPlane events =
                    nats ? NatsServer.start(own, servers.requireNatsServer()).events() : EventPlane.ZMQ;
            IndexMatrixCell.keepsTheIndexEqual(name, parts, store, events, roles);
        }
    }

    private void throughTwoBrokers(String name) {
        try (Processes own = new Processes(Project.logs().resolve("matrix-" + name + "-servers"))) {
            List<ZmqBroker> brokers = List.of(ZmqBroker.start(own, parts), ZmqBroker.start(own, parts));
            IndexMatrixCell.keepsTheIndexEqual(
                    name, parts, null, ZmqBroker.events(brokers), IndexMatrixCell.TOPOLOGIES.get("disaggregated"));
        }
    }
}
