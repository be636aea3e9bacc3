package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.EventPlane;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.it.stack.WorkerStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// One cell of the matrix of planes: after more prompts than all caches hold, kv-epp's index is the
/// union of what the workers say they hold.
final class IndexMatrixCell {
    private IndexMatrixCell() {}

    /// The roles of the workers, by the name of the topology.
    static final Map<String, List<Role>> TOPOLOGIES = new TreeMap<>(Map.of(
            "aggregated", List.of(Role.AGGREGATED, Role.AGGREGATED),
            "disaggregated", List.of(Role.PREFILL, Role.PREFILL, Role.DECODE)));

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int DP_SIZE = 2;
    private static final int PUBLISHING_WORKERS = 2;

    /// In all 12,288 blocks, fewer than the requests have.
    private static final StackSettings SETTINGS = new StackSettings("qwen", 16, 3_072, 32_768, 1000);

    private static final int BLOCKS_HELD_MIN = 10_000;
    private static final int REQUESTS = 200;
    private static final int CLIENTS = 4;

    /// Runs the cell; `name` names its logs.
    static void keepsTheIndexEqual(
            String name, RealParts parts, WorkerStore store, EventPlane events, List<Role> roles) {
        try (Stack stack = new Stack("matrix-" + name, parts, SETTINGS, store, events);
                IndexTruth truth = new IndexTruth(stack.store())) {
            Stack.Frontend frontend = stack.launchFrontend("direct");
            Gateway gateway = stack.launchGateway("matrix", frontend.port());
            stack.startWorkers(roles, _ -> List.of("--data-parallel-size", Integer.toString(DP_SIZE)));
            stack.awaitModelListed(frontend);
            stack.awaitWorkersKnown(gateway);

            send(new InferenceClient(gateway.port()));

            Set<HeldBlocks.Held> told = truth.awaitEqual(
                    gateway.admin(), SETTINGS.modelName(), PUBLISHING_WORKERS * DP_SIZE, BLOCKS_HELD_MIN, LIMIT);
            assertThat(told).hasSizeLessThanOrEqualTo(PUBLISHING_WORKERS * DP_SIZE * SETTINGS.gpuBlocks());
            assertThat(told.stream().map(HeldBlocks.Held::worker).distinct()).hasSize(PUBLISHING_WORKERS * DP_SIZE);
            assertThat(gateway.admin().metric("kv_epp_index_rejected_total")).isZero();
        }
    }

    private static void send(InferenceClient client) {
        GroupedPrompts prompts = new GroupedPrompts(SETTINGS.modelName(), 5, 10, 20, 90, 20);
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<Boolean>> answers = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                String body = prompts.next();
                answers.add(threads.submit(
                        () -> client.complete(InferenceClient.COMPLETIONS, body).isGood()));
            }
            assertThat(answers).allSatisfy(answer -> assertThat(answer.get()).isTrue());
        }
    }
}
