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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One process that picks for gateways and is a standalone router as well.
class EppAndRouterTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DynamoWorker WORKER = new DynamoWorker(7);

    @TempDir
    Path store;

    @Test
    void whatTheRouterBooksThePickerSees() throws Exception {
        writeWorker();
        try (Epp epp = new Epp(config());
                TcpRequestPlaneClient caller = new TcpRequestPlaneClient(
                        TcpRequestPlaneConfig.from(
                                new Options(Map.of("request-plane-host", List.of("127.0.0.1")), Map.of())),
                        () -> UUID.randomUUID().toString(),
                        System::nanoTime)) {
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
                Await.until("the router serves", () -> health.check(HealthCheckRequest.newBuilder()
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
        URI uri = URI.create("http://127.0.0.1:" + epp.adminPort() + "/workers");
        try (HttpClient http = HttpClient.newHttpClient()) {
            String answer = http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            for (JsonNode worker : JSON.readTree(answer).path("workers")) {
                if (worker.path("workerId").asText().equals(Long.toUnsignedString(WORKER.id()))) {
                    return Optional.of(worker);
                }
            }
            return Optional.empty();
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

    private void write(String key, String json) throws IOException {
        int bucketEnd = key.indexOf('/', "v1/".length());
        Path folder = store.resolve(key.substring(0, bucketEnd));
        Files.createDirectories(folder);
        String name = URLEncoder.encode(key.substring(bucketEnd + 1), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve(name), json);
    }
}
