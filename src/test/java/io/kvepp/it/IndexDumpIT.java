package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.file.FileDiscovery;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.kvevents.RequestPlaneRecoveryClient;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.worker.KvEventPublisher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What kv-epp holds to be cached is what the workers say, and what Dynamo's own indexer makes of
/// the engines' raw events.
@ExtendWith(Deployments.class)
class IndexDumpIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int WORKERS = 4;
    private static final int DP_SIZE = 2;
    private static final int BLOCK_TOKENS = 16;
    private static final int BLOCKS_HELD_MIN = 10_000;

    /// In all 16,384 blocks, fewer than the requests have.
    private static final StackSettings SETTINGS = new StackSettings("qwen", BLOCK_TOKENS, 2_048, 32_768, 1000);
    private static final int REQUESTS = 160;
    private static final int SYSTEM_BLOCKS = 20;
    private static final int OWN_BLOCKS = 120;
    private static final int SYSTEM_PROMPTS = 10;
    private static final int CLIENTS = 4;

    private final Stack stack;
    private final TcpRequestPlaneClient requestPlane = new TcpRequestPlaneClient(
            TcpRequestPlaneConfig.from(Options.defaults()),
            () -> UUID.randomUUID().toString(),
            System::nanoTime);
    private final RequestPlaneRecoveryClient recovery = new RequestPlaneRecoveryClient(requestPlane);

    IndexDumpIT(RealParts parts) {
        stack = new Stack("index-dump", parts, SETTINGS);
    }

    @BeforeEach
    void start() throws IOException {
        requestPlane.start();
    }

    @AfterEach
    void stop() {
        requestPlane.close();
        stack.close();
    }

    @Test
    void threeIndexesOfTheSameWorkersAreEqual() {
        int indexerPort = Ports.free();
        ManagedProcess indexer = stack.launchIndexer(indexerPort, "--block-size", Integer.toString(BLOCK_TOKENS));
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.launchGateway("dump", frontend.port());
        startWorkers(indexer, indexerPort);
        stack.awaitModelListed(frontend);
        stack.awaitWorkersKnown(gateway);

        InferenceClient client = new InferenceClient(gateway.port());
        warmEveryRank(client, gateway.admin());
        send(client);

        Set<HeldBlocks.Held> told = awaitEqual(gateway.admin(), new AdminClient(indexerPort));
        assertThat(told).hasSizeBetween(BLOCKS_HELD_MIN, WORKERS * DP_SIZE * SETTINGS.gpuBlocks());
        assertThat(ranks(told)).isEqualTo(WORKERS * DP_SIZE);
        assertThat(gateway.admin().metric("kv_epp_index_owner_blocks", "device"))
                .isEqualTo(told.size());
        assertThat(gateway.admin().metric("kv_epp_index_rejected_total")).isZero();

        int startedFromDump = Ports.free();
        stack.launchIndexer(
                startedFromDump,
                "--peers",
                "http://127.0.0.1:" + gateway.ports().admin());
        AdminClient warm = new AdminClient(startedFromDump);
        Await.until(
                "an indexer of Dynamo that starts from kv-epp's dump holds the same",
                LIMIT,
                () -> warm.isOk("/health")
                        && dump(warm).filter(held -> held.all().equals(told)).isPresent());
    }

    /// Every rank of every worker also sends its engine's raw events to Dynamo's indexer.
    private void startWorkers(ManagedProcess indexer, int indexerPort) {
        List<Integer> basePorts = Stream.generate(() -> Ports.free(DP_SIZE))
                .distinct()
                .limit(WORKERS)
                .toList();
        List<WorkerProcess> workers = stack.startWorkers(
                Collections.nCopies(WORKERS, Role.AGGREGATED),
                i -> List.of(
                        "--data-parallel-size",
                        Integer.toString(DP_SIZE),
                        "--zmq-kv-events-ports",
                        Integer.toString(basePorts.get(i))));
        Await.until("Dynamo's indexer answers", LIMIT, () -> {
            indexer.requireAlive();
            return new AdminClient(indexerPort).isOk("/health");
        });
        for (int i = 0; i < WORKERS; i++) {
            for (int rank = 0; rank < DP_SIZE; rank++) {
                register(indexerPort, workers.get(i).workerId(), rank, basePorts.get(i) + rank);
            }
        }
    }

    /// Waits until all three say the same, and returns it.
    private Set<HeldBlocks.Held> awaitEqual(AdminClient kvEpp, AdminClient dynamo) {
        return Await.present("the workers, kv-epp and Dynamo's indexer agree", LIMIT, () -> {
            Set<HeldBlocks.Held> told = HeldBlocks.told(toldByWorkers()).all();
            boolean equal = Stream.of(kvEpp, dynamo)
                    .allMatch(server -> dump(server).orElseThrow().all().equals(told));
            return equal ? Optional.of(told) : Optional.empty();
        });
    }

    /// Equally cheap ranks are drawn, so unknown prompts are sent until each rank got one.
    private static void warmEveryRank(InferenceClient client, AdminClient kvEpp) {
        Random random = new Random(6);
        Await.until("every rank holds blocks", LIMIT, () -> {
            String unknown = body(tokens(random, BLOCK_TOKENS), tokens(random, BLOCK_TOKENS));
            assertThat(client.complete(InferenceClient.COMPLETIONS, unknown).isGood())
                    .isTrue();
            return dump(kvEpp)
                    .filter(held -> ranks(held.all()) == WORKERS * DP_SIZE)
                    .isPresent();
        });
    }

    private static long ranks(Set<HeldBlocks.Held> held) {
        return held.stream().map(HeldBlocks.Held::worker).distinct().count();
    }

    /// Prompts that share their first blocks in groups, some sent twice, more than all caches hold.
    private void send(InferenceClient client) {
        Random random = new Random(5);
        List<int[]> systemPrompts = new ArrayList<>();
        for (int i = 0; i < SYSTEM_PROMPTS; i++) {
            systemPrompts.add(tokens(random, SYSTEM_BLOCKS * BLOCK_TOKENS));
        }
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            bodies.add(body(systemPrompts.get(i % SYSTEM_PROMPTS), tokens(random, OWN_BLOCKS * BLOCK_TOKENS)));
            if (i % 10 == 9) {
                bodies.add(bodies.get(i));
            }
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<Boolean>> answers = bodies.stream()
                    .map(body -> threads.submit(() ->
                            client.complete(InferenceClient.COMPLETIONS, body).isGood()))
                    .toList();
            assertThat(answers).allSatisfy(answer -> assertThat(answer.get()).isTrue());
        }
    }

    private static String body(int[] first, int[] rest) {
        ObjectNode body = Json.object().put("model", SETTINGS.modelName()).put("max_tokens", 20);
        ArrayNode prompt = body.putArray("prompt");
        for (int token : first) {
            prompt.add(token);
        }
        for (int token : rest) {
            prompt.add(token);
        }
        return body.toString();
    }

    private static int[] tokens(Random random, int count) {
        return random.ints(count, 0, 1000).toArray();
    }

    private List<RouterEvent> toldByWorkers() {
        List<RouterEvent> events = new ArrayList<>();
        for (KvEventPublisher publisher : publishers()) {
            RecoveryReply reply =
                    recovery.recover(publisher, OptionalLong.empty(), LIMIT).join();
            assertThat(reply).isInstanceOf(RecoveryReply.TreeDump.class);
            events.addAll(((RecoveryReply.TreeDump) reply).events());
        }
        return events;
    }

    /// As kv-epp itself finds them.
    private List<KvEventPublisher> publishers() {
        AtomicReference<List<KvEventPublisher>> publishers = new AtomicReference<>(List.of());
        Options options =
                new Options(Map.of("file-kv", List.of(stack.discovery().path().toString())), Map.of());
        try (EppMetrics metrics = new EppMetrics();
                FileDiscovery discovery = new FileDiscovery(
                        FileDiscoveryConfig.from(options), DiscoveryConfig.from(options), Clock.systemUTC(), metrics)) {
            discovery.start(set -> publishers.set(set.kvEventPublishers()));
            Await.until(
                    "a publisher of each rank", LIMIT, () -> publishers.get().size() == WORKERS * DP_SIZE);
        }
        return publishers.get();
    }

    /// Empty while the model is not there.
    private static Optional<HeldBlocks> dump(AdminClient server) {
        JsonNode dump = server.get("/dump").orElseThrow().json();
        return dump.has(HeldBlocks.key(SETTINGS.modelName()))
                ? Optional.of(HeldBlocks.of(dump, SETTINGS.modelName()))
                : Optional.empty();
    }

    private static void register(int indexerPort, String workerId, int rank, int zmqPort) {
        String body = "{\"instance_id\":" + workerId + ",\"dp_rank\":" + rank + ",\"endpoint\":\"tcp://127.0.0.1:"
                + zmqPort + "\",\"model_name\":\"" + SETTINGS.modelName() + "\",\"block_size\":" + BLOCK_TOKENS + "}";
        int status = new InferenceClient(indexerPort)
                .post(
                        "/register",
                        body.getBytes(StandardCharsets.UTF_8),
                        Headers.NONE.with("content-type", "application/json"))
                .status();
        assertThat(status).as("registered").isEqualTo(201);
    }
}
