package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.eventplane.zmq.TestPublisher;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.SelectResponse;
import io.kvepp.router.v1.Selection;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One process that picks for gateways and is a standalone router as well.
class EppAndRouterTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BLOCK = 16;
    private static final DynamoWorker WORKER = new DynamoWorker(7);

    @TempDir
    Path store;

    @Test
    void whatTheRouterBooksThePickerSees() throws Exception {
        writeWorker();
        try (Epp epp = new Epp(config());
                TcpRequestPlaneClient caller = caller()) {
            epp.start();
            caller.start();
            Await.until("the picker knows the worker", () -> row(epp).isPresent());

            String found = call(caller, "find_best_worker", "{\"token_ids\":[1,2,3,4,5],\"request_id\":\"r\"}");
            assertThat(JSON.readTree(found).at("/data/worker_id").longValue()).isEqualTo(WORKER.id());
            assertThat(row(epp).orElseThrow().path("activeRequests").asInt()).isOne();
            assertThat(row(epp).orElseThrow().path("activePrefillTokens").asInt())
                    .isEqualTo(5);

            String freed = call(caller, "free", "{\"request_id\":\"r\"}");
            assertThat(JSON.readTree(freed).at("/data/status").asText()).isEqualTo("success");
            assertThat(row(epp).orElseThrow().path("activeRequests").asInt()).isZero();
        }
    }

    @Test
    void bothSeeTheSameBlocksAndTheRouterSeesWhatThePickerBooks() throws Exception {
        int[] tokenIds = IntStream.rangeClosed(1, 3 * BLOCK).toArray();
        String ids = Arrays.toString(tokenIds);
        try (TestPublisher publisher = TestPublisher.at(WORKER.publisherId(), "tcp://127.0.0.1")) {
            writeWorker(publisher);
            try (Epp epp = new Epp(config("selection-port", "0"));
                    TcpRequestPlaneClient caller = caller()) {
                epp.start();
                caller.start();
                Await.until("readiness", () -> status(epp.adminPort(), "/readyz") == 200);
                String asked = "{\"token_ids\":" + ids + "}";
                Await.until("the events are heard", () -> {
                    publisher.send(stored(tokenIds, 2));
                    return blocks(caller, asked) > 0;
                });
                assertThat(blocks(caller, asked)).isEqualTo(2);

                int selectionPort = Integer.parseInt(epp.selections().httpPort());
                try (GatewayCall call = new GatewayCall(
                        epp.port(), "{\"model\":\"" + WORKER.model() + "\",\"max_tokens\":1,\"prompt\":" + ids + "}")) {
                    assertThat(call.headers())
                            .containsEntry("x-dynamo-worker-instance-id", String.valueOf(WORKER.id()));
                    JsonNode pick = get(epp.adminPort(), "/picks?count=1").findValue("candidates");
                    assertThat(pick.findValuesAsText("overlapBlocks")).containsExactly("2");
                    assertThat(load(selectionPort).path("active_requests").intValue())
                            .isOne();
                    assertThat(load(selectionPort)
                                    .path("potential_prefill_tokens")
                                    .intValue())
                            .isEqualTo(BLOCK);
                }
                Await.until(
                        "the picker gives its booking back",
                        () -> load(selectionPort).path("active_requests").intValue() == 0);
            }
        }
    }

    /// What the router says that the worker holds.
    private int blocks(TcpRequestPlaneClient caller, String asked) {
        try {
            return JSON.readTree(call(caller, "get_overlap_scores", asked))
                    .at("/data/workers/0/device_blocks")
                    .intValue();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /// A KV event as Dynamo's workers publish it.
    private static byte[] stored(int[] tokenIds, int blocks) {
        BlockHashes hashes = new BlockHasher(BLOCK, null, null, false).hash(tokenIds);
        List<Map<String, Object>> told = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            told.add(Map.of(
                    "block_hash", hashes.sequence()[i], "tokens_hash", hashes.local()[i], "mm_extra_info", Nil.NIL));
        }
        Map<String, Object> stored = Map.of("parent_hash", Nil.NIL, "start_position", Nil.NIL, "blocks", told);
        return MsgpackWriter.write(List.of(WireMessages.event(WORKER.id(), 0, 1, Map.of("stored", stored))));
    }

    private static JsonNode load(int selectionPort) {
        return get(selectionPort, "/loads").at("/0/loads/0");
    }

    @Test
    void theSelectionApiIsThereOverGrpc() throws Exception {
        writeWorker();
        try (Epp epp = new Epp(config("selection-grpc-port", "0"))) {
            epp.start();
            ManagedChannel channel = NettyChannelBuilder.forAddress(
                            "127.0.0.1", Integer.parseInt(epp.selections().grpcPort()))
                    .usePlaintext()
                    .build();
            try {
                HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
                Await.until(
                        "the router serves",
                        () -> health.check(HealthCheckRequest.newBuilder()
                                        .setService(RouterGrpc.SERVICE_NAME)
                                        .build())
                                .getStatus()
                                .equals(ServingStatus.SERVING));
                assertThat(services(channel)).contains(RouterGrpc.SERVICE_NAME);

                Selection wanted = Selection.newBuilder()
                        .setPool(Pool.newBuilder().setModelName(WORKER.model()))
                        .setPrompt(Prompt.newBuilder().addTokenIds(1).addTokenIds(2))
                        .build();
                SelectResponse chosen = RouterGrpc.newBlockingStub(channel)
                        .select(SelectRequest.newBuilder().setSelection(wanted).build());
                assertThat(chosen.getDestination().getWorker().getWorkerId()).isEqualTo(WORKER.id());
            } finally {
                channel.shutdownNow();
            }
        }
    }

    private static List<String> services(ManagedChannel channel) throws Exception {
        CompletableFuture<List<String>> services = new CompletableFuture<>();
        var asking = ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new StreamObserver<>() {
            @Override
            public void onNext(ServerReflectionResponse response) {
                services.complete(response.getListServicesResponse().getServiceList().stream()
                        .map(ServiceResponse::getName)
                        .toList());
            }

            @Override
            public void onError(Throwable problem) {
                services.completeExceptionally(problem);
            }

            @Override
            public void onCompleted() {}
        });
        asking.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        asking.onCompleted();
        return services.get(20, TimeUnit.SECONDS);
    }

    private static TcpRequestPlaneClient caller() {
        return new TcpRequestPlaneClient(
                TcpRequestPlaneConfig.from(new Options(Map.of("request-plane-host", List.of("127.0.0.1")), Map.of())),
                () -> UUID.randomUUID().toString(),
                System::nanoTime);
    }

    private String call(TcpRequestPlaneClient caller, String endpoint, String json) throws Exception {
        RequestTarget target = new RequestTarget(transport(endpoint), PayloadCodec.JSON);
        List<byte[]> items = caller.call(target, json.getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(10))
                .get();
        assertThat(items).hasSize(1);
        return new String(items.getFirst(), StandardCharsets.UTF_8);
    }

    /// Where the store says the router's endpoint is.
    private String transport(String endpoint) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("v1").resolve("instances"))) {
            for (Path file : files.toList()) {
                JsonNode record = JSON.readTree(Files.readAllBytes(file));
                if (record.path("component").asText().equals("router")
                        && record.path("endpoint").asText().equals(endpoint)) {
                    return record.at("/transport/tcp").asText();
                }
            }
        }
        throw new AssertionError(endpoint + " is not announced");
    }

    /// What the picker says of the worker.
    private static Optional<JsonNode> row(Epp epp) {
        for (JsonNode worker : get(epp.adminPort(), "/workers").path("workers")) {
            if (worker.path("workerId").asText().equals(Long.toUnsignedString(WORKER.id()))) {
                return Optional.of(worker);
            }
        }
        return Optional.empty();
    }

    private static JsonNode get(int port, String path) {
        try {
            return JSON.readTree(send(port, path).body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static int status(int port, String path) {
        return send(port, path).statusCode();
    }

    private static HttpResponse<String> send(int port, String path) {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private EppConfig config(String... more) {
        Map<String, List<String>> flags = new HashMap<>();
        List.of("port", "health-port", "admin-port").forEach(port -> flags.put(port, List.of("0")));
        flags.put("host", List.of("127.0.0.1"));
        flags.put("serve-host", List.of("127.0.0.1"));
        flags.put("secure-serving", List.of("false"));
        flags.put("endpoint", List.of("dynamo.backend.generate"));
        flags.put("file-kv", List.of(store.toString()));
        flags.put("drain-propagation", List.of("0s"));
        for (int i = 0; i < more.length; i += 2) {
            flags.put(more[i], List.of(more[i + 1]));
        }
        return EppConfig.from(new Options(flags, Map.of()));
    }

    private void writeWorker() throws IOException {
        for (Map.Entry<String, String> entry : WORKER.entries().entrySet()) {
            write(entry.getKey(), entry.getValue());
        }
    }

    /// A worker whose model can be read and whose KV events are heard.
    private void writeWorker(TestPublisher publisher) throws IOException {
        Path model = Files.createDirectories(store.resolve("model"));
        WarmUpModel.in(model);
        String files = """
                "model_info":{"hf_config_json":{"path":"%1$s/config.json"}},\
                "tokenizer":{"hf_tokenizer_json":{"path":"%1$s/tokenizer.json"}},\
                "prompt_formatter":{"hf_tokenizer_config_json":{"path":"%1$s/tokenizer_config.json"}},""".formatted(model);
        for (Map.Entry<String, String> entry : WORKER.entries().entrySet()) {
            write(
                    entry.getKey(),
                    entry.getValue()
                            .replace("\"card_json\":{", "\"card_json\":{" + files)
                            .replace("tcp://127.0.0.1:2", publisher.address().endpoint()));
        }
    }

    private void write(String key, String json) throws IOException {
        int bucketEnd = key.indexOf('/', "v1/".length());
        Path folder = store.resolve(key.substring(0, bucketEnd));
        Files.createDirectories(folder);
        String name = URLEncoder.encode(key.substring(bucketEnd + 1), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve(name), json);
    }
}
