package io.kvepp.it;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

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
            for (boolean etcd : new boolean[] {false, true}) {
                for (boolean nats : new boolean[] {false, true}) {
                    String name = (etcd ? "etcd-" : "file-") + (nats ? "nats-" : "zmq-") + topology;
                    running.put(name, threads.submit(() -> cell(name, etcd, nats, roles)));
                }
            }
        });
        return running.entrySet().stream()
                .map(cell -> dynamicTest(cell.getKey(), () -> await(cell.getValue())))
                .onClose(threads::shutdownNow);
    }

    /// A cell that cannot run on this machine is skipped, not failed.
    private static void await(Future<?> cell) throws InterruptedException, ExecutionException {
        try {
            cell.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TestAbortedException skipped) {
                throw skipped;
            }
            throw e;
        }
    }

    private void cell(String name, boolean etcd, boolean nats, Role... roles) {
        try (Processes own = new Processes(Project.logs().resolve("matrix-" + name + "-servers"))) {
            WorkerStore store = etcd ? EtcdServer.start(own, servers.requireEtcd(), folder.resolve(name)) : null;
            EventPlane events =
                    nats ? NatsServer.start(own, servers.requireNatsServer()).events() : EventPlane.ZMQ;
            IndexMatrixCell.keepsTheIndexEqual(name, parts, store, events, roles);
        }
    }
}
