package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.RouterStack;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.tls.TlsFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `kv-epp router` serves Dynamo's own clients: its runtime, its frontend, and decode workers of 2025.
@ExtendWith(Deployments.class)
class StandaloneRouterIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int REQUESTS = 500;
    private static final int AT_A_TIME = 32;
    private static final int OUTPUT_TOKENS = 12;

    /// Dynamo's callers are called back at an address of the machine, which these certificates do not name.
    private static final Map<String, String> MUTUAL_TLS = Map.of(
            "DYN_TCP_TLS_CERT_PATH", TlsFiles.path("server.pem"),
            "DYN_TCP_TLS_KEY_PATH", TlsFiles.path("server.key"),
            "DYN_TCP_TLS_CA_CERT_PATH", TlsFiles.path("ca.pem"),
            "DYN_TCP_TLS_SERVER_NAME", "localhost",
            "DYN_TCP_TLS_CLIENT_CA_CERT_PATH", TlsFiles.path("ca.pem"),
            "DYN_TCP_TLS_CLIENT_CERT_PATH", TlsFiles.path("client.pem"),
            "DYN_TCP_TLS_CLIENT_KEY_PATH", TlsFiles.path("client.key"));

    private final RealParts parts;

    StandaloneRouterIT(RealParts parts) {
        this.parts = parts;
    }

    @ParameterizedTest(name = "mutual TLS: {0}")
    @ValueSource(booleans = {false, true})
    void everyEndpointAnswersDynamosRuntimeInBothCodecs(boolean encrypted) {
        try (Stack stack = new Stack("router-endpoints-" + encrypted, parts, StackSettings.DEFAULT)) {
            stack.encrypt(encrypted ? MUTUAL_TLS : Map.of());
            stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED);
            RouterStack router = RouterStack.start(stack, parts, "front", "backend");
            for (List<String> codec : List.of(List.<String>of(), List.of("json"))) {
                List<String> arguments = new ArrayList<>(List.of("router"));
                arguments.addAll(codec);
                assertAnswers(Json.read(router.run("router_client.py", arguments.toArray(new String[0]))));
            }
            assertThat(router.metric("kv_epp_selection_bookings")).isZero();
            assertThat(router.ended("router", "find_best_worker", "ok")).isEqualTo(4);
            router.router().terminate();
            assertThat(router.router().awaitExit(LIMIT)).isZero();
            assertThat(router.announced()).isEmpty();
        }
    }

    private static void assertAnswers(JsonNode answers) {
        assertThat(answers.get("generated")).hasSize(5);
        assertThat(answers.get("generate_items").asInt()).isGreaterThanOrEqualTo(5);
        assertThat(answers.at("/scores/workers")).hasSize(2);
        JsonNode holder = answers.at("/scores/workers/0/device_blocks").asInt() > 0
                ? answers.at("/scores/workers/0/worker_id")
                : answers.at("/scores/workers/1/worker_id");
        assertThat(answers.get("best")).isEqualTo(holder);
        assertThat(answers.at("/found/worker_id")).isEqualTo(holder);
        assertThat(answers.at("/found/overlap_blocks").asInt()).isPositive();
        assertThat(answers.at("/found_again/status").asText()).isEqualTo("error");
        assertThat(answers.at("/freed/status").asText()).isEqualTo("success");
        assertThat(answers.at("/freed_again/status").asText()).isEqualTo("error");
        assertThat(answers.at("/query/routing_data/worker_id/decode_worker_id")).isEqualTo(holder);
        assertThat(answers.get("refused").asText()).isEqualTo("InvalidArgument");
    }

    @Test
    void aDecodeWorkerOf2025IsSentToTheCacheAndItsLoadEndsEvenWithoutFree() {
        try (Stack stack = new Stack("router-2025", parts, StackSettings.DEFAULT)) {
            stack.startWorkers(Role.PREFILL, Role.PREFILL);
            RouterStack router = RouterStack.start(
                    stack,
                    parts,
                    "front",
                    "prefill",
                    "--prefill-router",
                    "true",
                    "--block-size",
                    "16",
                    "--no-track-active-blocks",
                    "--router-active-request-expiry",
                    "3s");
            JsonNode told = Json.read(router.run("decode_worker_2025.py"));
            assertThat(told.get("workers_per_family")).allMatch(workers -> workers.asInt() == 1);
            assertThat(told.get("first_overlaps")).allMatch(blocks -> blocks.asInt() == 0);
            assertThat(told.get("later_overlaps")).allMatch(blocks -> blocks.asInt() == 20);
            assertThat(told.get("prefilled").asInt()).isEqualTo(24);
            assertThat(told.get("freed").asInt()).isEqualTo(20);
            Await.until("no load", LIMIT, () -> router.metric("kv_epp_selection_bookings") == 0);
            assertThat(router.metric("kv_epp_bookings_active")).isZero();
            assertThat(router.metric("kv_epp_selection_bookings_silent_total"))
                    .isEqualTo(told.get("forgotten").asDouble());
            assertThat(router.ended("prefill_router", "find_best_worker", "ok")).isEqualTo(24);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"aggregated", "handed-over", "bootstrapped"})
    void aFrontendWhoseOnlyWorkerIsTheRouterServesEveryRequest(String how) {
        try (Stack stack = new Stack("router-generate-" + how, parts, StackSettings.DEFAULT)) {
            List<Role> roles = how.equals("aggregated")
                    ? List.of(Role.AGGREGATED, Role.AGGREGATED)
                    : List.of(Role.PREFILL, Role.PREFILL, Role.DECODE, Role.DECODE);
            List<WorkerProcess> workers = stack.startWorkers(
                    roles,
                    i -> how.equals("bootstrapped") && roles.get(i) == Role.PREFILL
                            ? List.of("--bootstrap-ports", Integer.toString(Ports.free()))
                            : List.of());
            RouterStack router = RouterStack.start(stack, parts, "front", "backend", "--announce-models", "true");
            InferenceClient client = new InferenceClient(router.startFrontend().port());

            List<Completion> answers = start(client, REQUESTS, OUTPUT_TOKENS).stream()
                    .map(CompletableFuture::join)
                    .toList();
            assertThat(answers).allSatisfy(answer -> assertComplete(answer, OUTPUT_TOKENS));
            assertThat(router.ended("router", "generate", "ok")).isEqualTo(REQUESTS);
            Await.until("no load", LIMIT, () -> router.metric("kv_epp_selection_bookings") == 0);

            // Each request ran at one worker of each role, under one id.
            Set<String> decoded = servedByExactlyOne(workers, Role.DECODE, Role.AGGREGATED);
            assertThat(decoded).hasSize(REQUESTS);
            if (!how.equals("aggregated")) {
                assertThat(servedByExactlyOne(workers, Role.PREFILL)).isEqualTo(decoded);
            }
        }
    }

    private static Set<String> servedByExactlyOne(List<WorkerProcess> workers, Role... roles) {
        Set<String> all = new HashSet<>();
        for (WorkerProcess worker : workers) {
            if (List.of(roles).contains(worker.role())) {
                Set<String> own = RouterStack.completed(worker);
                assertThat(Collections.disjoint(own, all)).isTrue();
                all.addAll(own);
            }
        }
        return all;
    }

    private static List<CompletableFuture<Completion>> start(InferenceClient client, int requests, int outputTokens) {
        Semaphore places = new Semaphore(AT_A_TIME);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        return IntStream.range(0, requests)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> {
                            places.acquireUninterruptibly();
                            try {
                                return client.complete(InferenceClient.CHAT, body(i, outputTokens));
                            } finally {
                                places.release();
                            }
                        },
                        threads))
                .toList();
    }

    private static String body(int number, int outputTokens) {
        return """
                {"model":"qwen","stream":true,"max_tokens":%d,"stream_options":{"include_usage":true},
                 "messages":[{"role":"user","content":"family %d %s"}]}""".formatted(outputTokens, number % 20, "the quick brown fox ".repeat(20));
    }

    private static void assertComplete(Completion completion, int outputTokens) {
        assertThat(completion.isGood()).as("%s", completion.events()).isTrue();
        assertThat(completion.events().getLast().at("/usage/completion_tokens").asInt())
                .isEqualTo(outputTokens);
    }
}
