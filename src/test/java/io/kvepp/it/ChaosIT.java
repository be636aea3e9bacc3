package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.LossyZmqProxy;
import io.kvepp.it.stack.WorkerProcess;
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

/// Whatever happens to a deployment, kv-epp's index becomes the union of what the workers hold
/// again, and no request fails because of kv-epp.
///
/// Most of the time is waiting, so several deployments run at once.
@ExtendWith(Deployments.class)
class ChaosIT {
    private static final int AT_ONCE = 2;
    private static final double LOST_SHARE = 0.2;
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final int FLAPS = 10;

    private final RealParts parts;

    ChaosIT(RealParts parts) {
        this.parts = parts;
    }

    @TestFactory
    Stream<DynamicTest> theIndexBecomesTrueAgain() {
        Map<String, Callable<String>> scenarios = new LinkedHashMap<>();
        scenarios.put("a worker that flaps", this::workerFlaps);
        scenarios.put("20 % of the messages lost", this::messagesLost);
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        Map<String, Future<String>> running = new LinkedHashMap<>();
        scenarios.forEach((name, scenario) -> running.put(name, threads.submit(scenario)));
        return running.entrySet().stream()
                .map(scenario -> dynamicTest(
                        scenario.getKey(),
                        () -> assertThat(scenario.getValue().get()).contains("whole again")))
                .onClose(threads::shutdownNow);
    }

    private String workerFlaps() {
        try (ChaosStack chaos = new ChaosStack("worker-flaps", parts, null, EventPlane.ZMQ)
                .withWorkers()
                .withGateway()) {
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

    private String messagesLost() {
        List<LossyZmqProxy> proxies = new ArrayList<>();
        try (ChaosStack chaos = new ChaosStack("lossy-20", parts, null, EventPlane.ZMQ).withWorkers()) {
            chaos.stack().discovery().redirectKvEvents(publisher -> {
                proxies.add(new LossyZmqProxy(publisher, LOST_SHARE, proxies.size()));
                return proxies.getLast().endpoint();
            });
            chaos.withGateway();
            try (Traffic traffic = chaos.traffic()) {
                Await.until(
                        "messages are lost",
                        LIMIT,
                        () -> proxies.stream().mapToInt(LossyZmqProxy::lost).sum() > 10 && traffic.good() > 100);
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
}
