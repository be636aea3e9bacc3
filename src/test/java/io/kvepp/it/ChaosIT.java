package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.LossyZmqProxy;
import io.kvepp.it.stack.WorkerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Whatever happens to a deployment, kv-epp's index becomes the union of what the workers hold
/// again, and no request fails because of kv-epp.
///
/// Most of the time is waiting, so several deployments run at once.
@ExtendWith(Deployments.class)
class ChaosIT {
    private static final int AT_ONCE = 3;
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Duration MOMENT = Duration.ofSeconds(3);
    private static final Duration ETCD_OUTAGE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(20);
    private static final int FLAPS = 10;

    private final RealParts parts;
    private final RealServers servers;
    private final Path folder;

    ChaosIT(RealParts parts, RealServers servers, @TempDir Path folder) {
        this.parts = parts;
        this.servers = servers;
        this.folder = folder;
    }

    @TestFactory
    Stream<DynamicTest> theIndexBecomesTrueAgain() {
        Map<String, Callable<String>> scenarios = new LinkedHashMap<>();
        // The longest first.
        scenarios.put("etcd stopped for 30 s", this::etcdStopped);
        scenarios.put("kv-epp paused for 20 s", this::kvEppPaused);
        scenarios.put("a worker killed and restarted", this::workerKilled);
        scenarios.put("a worker that flaps", this::workerFlaps);
        scenarios.put("20 % of the messages lost", () -> messagesLost("lossy-20", 0.2));
        scenarios.put("1 % of the messages lost", () -> messagesLost("lossy-1", 0.01));
        scenarios.put("the frontend restarted", this::frontendRestarted);
        scenarios.put("kv-epp started last", this::kvEppStartedLast);
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        Map<String, Future<String>> running = new LinkedHashMap<>();
        scenarios.forEach((name, scenario) -> running.put(name, threads.submit(scenario)));
        return running.entrySet().stream()
                .map(scenario -> dynamicTest(
                        scenario.getKey(), () -> assertThat(scenario.getValue().get()).contains("whole again")))
                .onClose(threads::shutdownNow);
    }

    private String workerKilled() {
        try (ChaosStack chaos = new ChaosStack("worker-killed", parts, null, EventPlane.ZMQ).withWorkers().withGateway()) {
            try (Traffic traffic = chaos.traffic()) {
                ChaosStack.pass(MOMENT);
                WorkerProcess killed = chaos.stack().workers().getFirst();
                killed.process().kill();
                chaos.stack().forget(killed);
                Await.until("it is gone", LIMIT, () -> !chaos.gateway().admin().workerIds().contains(killed.workerId()));
                chaos.startWorker();
                chaos.stack().awaitWorkersKnown(chaos.gateway());
                ChaosStack.pass(MOMENT);
                assertThat(traffic.good()).isPositive();
            }
            return chaos.awaitWhole();
        }
    }

    private String workerFlaps() {
        try (ChaosStack chaos = new ChaosStack("worker-flaps", parts, null, EventPlane.ZMQ).withWorkers().withGateway()) {
            try (Traffic traffic = chaos.traffic()) {
                for (int i = 0; i < FLAPS; i++) {
                    WorkerProcess flapping = chaos.startWorker();
                    ChaosStack.pass(Duration.ofMillis(500));
                    flapping.process().terminate();
                    flapping.process().awaitExit(LIMIT);
                    chaos.stack().forget(flapping);
                }
                assertThat(traffic.good()).isPositive();
            }
            return chaos.awaitWhole();
        }
    }

    private String frontendRestarted() {
        try (ChaosStack chaos = new ChaosStack("frontend-restarted", parts, null, EventPlane.ZMQ).withWorkers().withGateway()) {
            try (Traffic traffic = chaos.traffic()) {
                ChaosStack.pass(MOMENT);
                chaos.restartFrontend();
                int before = traffic.good();
                Await.until("requests are answered again", LIMIT, () -> traffic.good() > before + 5);
            }
            return chaos.awaitWhole();
        }
    }

    private String kvEppStartedLast() {
        try (ChaosStack chaos = new ChaosStack("kv-epp-last", parts, null, EventPlane.ZMQ).withWorkers()) {
            List<Traffic> past = new ArrayList<>();
            for (WorkerProcess worker : chaos.stack().workers()) {
                past.add(chaos.trafficPast(worker, 0));
                past.add(chaos.trafficPast(worker, 1));
            }
            ChaosStack.pass(MOMENT);
            chaos.withGateway();
            past.forEach(Traffic::close);
            return chaos.awaitWhole();
        }
    }

    private String kvEppPaused() {
        try (ChaosStack chaos = new ChaosStack("kv-epp-paused", parts, null, EventPlane.ZMQ).withWorkers().withGateway()) {
            chaos.serveFor(MOMENT);
            chaos.gateway().kvEpp().pause();
            try (Traffic first = chaos.trafficPast(chaos.stack().workers().getFirst(), 0);
                    Traffic second = chaos.trafficPast(chaos.stack().workers().getLast(), 1)) {
                ChaosStack.pass(PAUSE);
                assertThat(first.good() + second.good()).isPositive();
            }
            chaos.gateway().kvEpp().resume();
            return chaos.awaitWhole();
        }
    }

    private String messagesLost(String name, double share) {
        List<LossyZmqProxy> proxies = new ArrayList<>();
        try (ChaosStack chaos = new ChaosStack(name, parts, null, EventPlane.ZMQ).withWorkers()) {
            chaos.stack().discovery().redirectKvEvents(publisher -> {
                proxies.add(new LossyZmqProxy(publisher, share, proxies.size()));
                return proxies.getLast().endpoint();
            });
            chaos.withGateway();
            try (Traffic traffic = chaos.traffic()) {
                Await.until(
                        "messages are lost",
                        LIMIT,
                        () -> proxies.stream().mapToInt(LossyZmqProxy::lost).sum() > 2 && traffic.good() > 60);
            }
            // What is lost last is followed by nothing that would show it.
            String line = chaos.awaitWhole();
            assertThat(chaos.gateway().admin().metric("kv_epp_kv_events_total", "gap"))
                    .isPositive();
            return line;
        } finally {
            proxies.forEach(LossyZmqProxy::close);
        }
    }

    private String etcdStopped() {
        Path program = servers.requireEtcd();
        try (Processes own = new Processes(Project.logs().resolve("chaos-etcd-server"))) {
            EtcdServer etcd = EtcdServer.start(own, program, folder.resolve("etcd"));
            try (ChaosStack chaos = new ChaosStack("etcd-stopped", parts, etcd, EventPlane.ZMQ).withWorkers().withGateway()) {
                chaos.serveFor(MOMENT);
                etcd.kill();
                try (Traffic traffic = chaos.traffic()) {
                    ChaosStack.pass(ETCD_OUTAGE);
                    assertThat(chaos.gateway().admin().workerIds()).hasSize(2);
                    assertThat(chaos.gateway().admin().isOk("/readyz")).isTrue();
                    assertThat(chaos.gateway().admin().metric("kv_epp_discovery_connected"))
                            .isZero();
                }
                etcd.start();
                chaos.restartWhatEnded();
                chaos.serveFor(MOMENT);
                return chaos.awaitWhole();
            }
        }
    }
}
