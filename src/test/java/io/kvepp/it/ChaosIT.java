package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.LossyZmqProxy;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.it.stack.WorkerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Whatever happens to a deployment, kv-epp's index becomes the union of what the workers hold
/// again, and no request fails because of kv-epp.
///
/// Each deployment meets with several misfortunes, one after the other, and is whole after each.
/// Most of the time is waiting, so all deployments run at once.
@ExtendWith(Deployments.class)
class ChaosIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration OUTAGE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(20);
    private static final Duration FLAP = Duration.ofMillis(500);
    private static final int FLAPS = 10;
    private static final int RESTARTS = 3;

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
        Map<String, Runnable> stories = new LinkedHashMap<>();
        stories.put("kv-epp started last, then paused; a worker killed and started again", this::processesStop);
        stories.put("etcd stopped", this::etcdStops);
        stories.put("NATS stopped; the frontend restarted", this::natsStops);
        stories.put("messages lost; a worker that flaps", this::messagesAreLost);
        return ConcurrentCells.run(stories, stories.size());
    }

    private void processesStop() {
        try (ChaosStack chaos = new ChaosStack("processes", parts, null, EventPlane.ZMQ).withWorkers()) {
            serveBeforeKvEpp(chaos);
            killWorker(chaos);
            pauseKvEpp(chaos);
        }
    }

    private static void serveBeforeKvEpp(ChaosStack chaos) {
        List<Traffic> past = new ArrayList<>();
        for (WorkerProcess worker : chaos.stack().workers()) {
            past.add(chaos.trafficPast(worker, 0));
            past.add(chaos.trafficPast(worker, 1));
        }
        past.forEach(ChaosStack::awaitSome);
        chaos.withGateway();
        past.forEach(Traffic::close);
        chaos.awaitWhole("kv-epp started last");
    }

    private static void killWorker(ChaosStack chaos) {
        try (Traffic traffic = chaos.traffic()) {
            ChaosStack.awaitSome(traffic);
            WorkerProcess killed = chaos.stack().workers().getFirst();
            killed.process().kill();
            chaos.stack().forget(killed);
            Await.until(
                    "it is gone",
                    LIMIT,
                    () -> !chaos.gateway().admin().workerIds().contains(killed.workerId()));
            chaos.startWorker();
            chaos.stack().awaitWorkersKnown(chaos.gateway());
            ChaosStack.awaitSome(traffic);
        }
        chaos.awaitWhole("a worker killed and started again");
    }

    private static void pauseKvEpp(ChaosStack chaos) {
        chaos.gateway().kvEpp().pause();
        try (Traffic first = chaos.trafficPast(chaos.stack().workers().getFirst(), 0);
                Traffic second = chaos.trafficPast(chaos.stack().workers().getLast(), 1)) {
            chaos.holdsFor(
                    PAUSE,
                    "nobody else stops",
                    () -> chaos.stack().workers().stream()
                            .allMatch(worker -> worker.process().isAlive()));
            assertThat(first.good() + second.good()).isPositive();
        }
        chaos.gateway().kvEpp().resume();
        chaos.awaitWhole("kv-epp paused for 20 s");
    }

    /// Workers end with their lease.
    private void etcdStops() {
        Path program = servers.requireEtcd();
        try (Processes own = new Processes(Project.logs().resolve("chaos-etcd-server"))) {
            EtcdServer etcd = EtcdServer.start(own, program, folder.resolve("etcd"));
            try (ChaosStack chaos = new ChaosStack("etcd", parts, etcd, EventPlane.ZMQ)
                    .withWorkers()
                    .withGateway()) {
                chaos.serve();
                etcd.kill();
                try (Traffic _ = chaos.traffic()) {
                    chaos.holdsFor(OUTAGE, "kv-epp goes on with the workers it knows", () -> chaos.keepsWorkers(2));
                    assertThat(chaos.gateway().admin().metric("kv_epp_discovery_connected"))
                            .isZero();
                }
                etcd.start();
                chaos.restartWhatEnded();
                chaos.serve();
                chaos.awaitWhole("etcd stopped for 30 s");
            }
        }
    }

    private void natsStops() {
        Path program = servers.requireNatsServer();
        try (Processes own = new Processes(Project.logs().resolve("chaos-nats-server"))) {
            NatsServer nats = NatsServer.start(own, program);
            try (ChaosStack chaos = new ChaosStack("nats", parts, null, nats.events())
                    .withWorkers()
                    .withGateway()) {
                chaos.serve();
                nats.kill();
                try (Traffic traffic = chaos.traffic()) {
                    ChaosStack.awaitSome(traffic);
                    chaos.holdsFor(
                            OUTAGE,
                            "kv-epp knows its workers",
                            () -> chaos.gateway().admin().workerIds().size() == 2);
                }
                nats.start();
                chaos.serve();
                chaos.awaitWhole("NATS stopped for 30 s");
                restartFrontend(chaos);
            }
        }
    }

    private static void restartFrontend(ChaosStack chaos) {
        try (Traffic traffic = chaos.traffic()) {
            ChaosStack.awaitSome(traffic);
            chaos.restartFrontend();
            ChaosStack.awaitSome(traffic);
        }
        chaos.awaitWhole("the frontend restarted");
    }

    private void messagesAreLost() {
        List<LossyZmqProxy> proxies = new ArrayList<>();
        try (ChaosStack chaos = new ChaosStack("messages", parts, null, EventPlane.ZMQ).withWorkers()) {
            chaos.stack().discovery().redirectKvEvents(publisher -> {
                proxies.add(new LossyZmqProxy(publisher, proxies.size()));
                return proxies.getLast().endpoint();
            });
            chaos.withGateway();
            loseMessages(chaos, proxies, 0.2, 10);
            loseMessages(chaos, proxies, 0.01, 2);
            proxies.forEach(proxy -> proxy.lose(0));
            flap(chaos);
        } finally {
            proxies.forEach(LossyZmqProxy::close);
        }
    }

    /// What is lost last is followed by nothing that would show it.
    private static void loseMessages(ChaosStack chaos, List<LossyZmqProxy> proxies, double share, int least) {
        IntSupplier lost = () -> proxies.stream().mapToInt(LossyZmqProxy::lost).sum();
        int before = lost.getAsInt();
        double gapsBefore = gaps(chaos);
        proxies.forEach(proxy -> proxy.lose(share));
        try (Traffic traffic = chaos.traffic()) {
            Await.until(
                    "messages are lost",
                    LIMIT,
                    () -> lost.getAsInt() >= before + least
                            && gaps(chaos) > gapsBefore
                            && traffic.good() > ChaosStack.SOME_ANSWERS);
        }
        chaos.awaitWhole("%.0f %% of the messages lost".formatted(100 * share));
    }

    private static double gaps(ChaosStack chaos) {
        return chaos.gateway().admin().metric("kv_epp_kv_events_total", "gap");
    }

    /// A worker whose records come and go, and then one whose process does, which takes longer.
    private static void flap(ChaosStack chaos) {
        try (Traffic traffic = chaos.traffic()) {
            WorkerProcess unseen = chaos.stack().workers().getFirst();
            for (int i = 0; i < FLAPS; i++) {
                Runnable back = chaos.stack().discovery().withdraw(unseen.workerId());
                Await.until("the worker is gone", LIMIT, () -> !isKnown(chaos, unseen));
                back.run();
                Await.until("the worker is back", LIMIT, () -> isKnown(chaos, unseen));
            }
            for (int i = 0; i < RESTARTS; i++) {
                WorkerProcess flapping = chaos.startWorker();
                chaos.holdsFor(FLAP, "it lives", () -> flapping.process().isAlive());
                flapping.process().terminate();
                flapping.process().awaitExit(LIMIT);
                chaos.stack().forget(flapping);
            }
            ChaosStack.awaitSome(traffic);
        }
        chaos.awaitWhole("a worker that flaps");
    }

    private static boolean isKnown(ChaosStack chaos, WorkerProcess worker) {
        return chaos.gateway().admin().workerIds().contains(worker.workerId());
    }
}
