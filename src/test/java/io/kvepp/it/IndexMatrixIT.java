package io.kvepp.it;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// On every combination of planes and topologies the index equals what the workers hold.
@ExtendWith(Deployments.class)
class IndexMatrixIT {
    private static final int AT_ONCE = 2;

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
        Map<String, Role[]> topologies = new LinkedHashMap<>();
        topologies.put("aggregated", IndexMatrixCell.AGGREGATED);
        topologies.put("disaggregated", IndexMatrixCell.DISAGGREGATED);
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        Map<String, Future<?>> running = new LinkedHashMap<>();
        topologies.forEach((topology, roles) -> {
            String file = "file-zmq-" + topology;
            running.put(
                    file,
                    threads.submit(() -> IndexMatrixCell.keepsTheIndexEqual(file, parts, null, EventPlane.ZMQ, roles)));
            String etcd = "etcd-zmq-" + topology;
            running.put(etcd, threads.submit(() -> onEtcd(etcd, EventPlane.ZMQ, roles)));
        });
        return running.entrySet().stream()
                .map(cell -> dynamicTest(cell.getKey(), () -> cell.getValue().get()))
                .onClose(threads::shutdownNow);
    }

    private void onEtcd(String name, EventPlane events, Role... roles) {
        try (Processes own = new Processes(Project.logs().resolve("matrix-" + name + "-server"))) {
            EtcdServer etcd = EtcdServer.start(own, servers.requireEtcd(), folder.resolve(name));
            IndexMatrixCell.keepsTheIndexEqual(name, parts, etcd, events, roles);
        }
    }
}
