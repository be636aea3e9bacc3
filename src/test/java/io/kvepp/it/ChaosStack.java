package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Headers;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.it.stack.WorkerStore;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Two workers with two ranks each, a frontend, a kv-epp, and requests all the time, for something
/// to happen to them.
///
/// Confined to one thread.
final class ChaosStack implements AutoCloseable {
    /// Small enough that blocks are evicted all the time.
    private static final StackSettings SETTINGS = new StackSettings("qwen", 16, 512, 32_768, 1000);

    private static final int DP_SIZE = 2;
    private static final Duration PAUSE = Duration.ofMillis(60);
    static final int SOME_ANSWERS = 40;

    private static final Duration ANSWERS_LIMIT = Duration.ofSeconds(60);
    private static final Duration BACK_LIMIT = Duration.ofSeconds(90);
    private static final Duration WHOLE_LIMIT = Duration.ofSeconds(60);

    private final String name;
    private final Stack stack;
    private final IndexTruth truth;
    private final GroupedPrompts prompts;
    private Stack.Frontend frontend;
    private Gateway gateway;

    /// @param elsewhere where workers announce themselves, null for a folder
    ChaosStack(String name, RealParts parts, WorkerStore elsewhere, EventPlane events) {
        this.name = name;
        stack = new Stack("chaos-" + name, parts, SETTINGS, elsewhere, events);
        truth = new IndexTruth(stack.store());
        prompts = new GroupedPrompts(SETTINGS.modelName(), name.hashCode(), 8, 8, 12, 20);
    }

    /// Starts the workers and the frontend.
    ChaosStack withWorkers() {
        frontend = stack.launchFrontend("direct");
        startWorker();
        startWorker();
        stack.awaitModelListed(frontend);
        return this;
    }

    /// Starts kv-epp and its Envoy, and waits until they are ready.
    ChaosStack withGateway(String... flags) {
        gateway = stack.startGateway("chaos", frontend.port(), flags);
        return this;
    }

    WorkerProcess startWorker() {
        return stack.startWorkers(
                        List.of(Role.AGGREGATED), _ -> List.of("--data-parallel-size", Integer.toString(DP_SIZE)))
                .getFirst();
    }

    Stack stack() {
        return stack;
    }

    Gateway gateway() {
        return gateway;
    }

    /// Requests through the gateway, until they are closed.
    Traffic traffic() {
        return Traffic.start(gateway.port(), 2, PAUSE, Headers.NONE, prompts::next);
    }

    /// Waits until some more of these requests were answered.
    static void awaitSome(Traffic traffic) {
        traffic.awaitGood(SOME_ANSWERS, ANSWERS_LIMIT);
    }

    /// Requests through the gateway until some were answered.
    void serve() {
        try (Traffic traffic = traffic()) {
            awaitSome(traffic);
        }
    }

    /// True while kv-epp is ready and knows so many workers.
    boolean keepsWorkers(int count) {
        return gateway.admin().workerIds().size() == count && gateway.admin().isOk("/readyz");
    }

    /// The frontend ends, and another takes its place.
    void restartFrontend() {
        frontend.process().kill();
        frontend = stack.launchFrontend("direct", frontend.port());
        stack.awaitModelListed(frontend);
    }

    /// What ends with its lease is started again, until kv-epp knows exactly what lives.
    void restartWhatEnded() {
        Await.until("what ended is back", BACK_LIMIT, () -> {
            for (WorkerProcess worker : stack.workers()) {
                if (!worker.process().isAlive()) {
                    stack.forget(worker);
                    startWorker();
                }
            }
            return gateway.admin().connectedWorkers().equals(stack.workerIds(Role.AGGREGATED));
        });
        if (!frontend.process().isAlive()) {
            restartFrontend();
        }
    }

    /// Requests to one rank of a worker, past the gateway.
    Traffic trafficPast(WorkerProcess worker, int rank) {
        Headers headers = Headers.of(
                "x-dynamo-worker-instance-id", worker.workerId(), "x-dynamo-dp-rank", Integer.toString(rank));
        return Traffic.start(frontend.port(), 1, PAUSE, headers, prompts::next);
    }

    /// Waits for so long; fails as soon as the condition does not hold.
    void holdsFor(Duration time, String what, BooleanSupplier condition) {
        Await.always(name + ": " + what, time, condition);
    }

    /// Waits until the index is the workers' truth again after something happened.
    void awaitWhole(String what) {
        long start = System.nanoTime();
        int held = truth.awaitEqual(
                        gateway.admin(),
                        SETTINGS.modelName(),
                        DP_SIZE * stack.workers().size(),
                        100,
                        WHOLE_LIMIT)
                .size();
        System.out.printf(
                "chaos: %s: whole again after %.1f s, %d blocks%n", what, (System.nanoTime() - start) / 1e9, held);
        failedNothing();
    }

    /// No request was answered with an error of kv-epp's own.
    private void failedNothing() {
        AdminClient admin = gateway.admin();
        double requests = admin.metric("kv_epp_requests_total");
        assertThat(admin.metric("kv_epp_requests_total", "outcome=\"routed\""))
                .as("%s: routed requests", name)
                .isEqualTo(requests);
        assertThat(admin.metric("kv_epp_ext_proc_streams_total", "end=\"failed\""))
                .as("%s: failed streams", name)
                .isZero();
        assertThat(admin.metric("kv_epp_index_rejected_total"))
                .as("%s: rejected by the index", name)
                .isZero();
    }

    @Override
    public void close() {
        truth.close();
        stack.close();
    }
}
