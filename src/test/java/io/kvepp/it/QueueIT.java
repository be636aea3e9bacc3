package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Requests wait for a prefill worker that computes a long prompt, through a real Envoy.
@ExtendWith(Deployments.class)
class QueueIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /// Slow enough that a prompt of [#WORDS] words is being computed for seconds.
    private static final StackSettings SLOW = new StackSettings("qwen", 16, 16_384, 32_768, 0.05);

    private static final int WORDS = 700;
    private static final String POLICY = """
            default_policy_family: f
            uncached_isl_buckets: [{min_tokens: 0, bucket: all}]
            policy_classes:
              - name: only
                policy_family: f
                cache_bucket: all
                quantum: 1
                prefill_busy_threshold: 0
                request_queue_limit_per_worker: 2
            """;

    private final Stack stack;
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final List<String> finished = Collections.synchronizedList(new ArrayList<>());

    @TempDir
    Path folder;

    QueueIT(RealParts parts) {
        stack = new Stack("queue", parts, SLOW);
    }

    @AfterEach
    void stop() {
        clients.shutdownNow();
        stack.close();
    }

    @Test
    void requestsWaitInOrderOfPriorityAndAFullPrefillPoolIsBackpressure() throws Exception {
        Gateway gateway = start();
        Future<Completion> running = send(gateway, "running", 1);
        Await.until("the first is being computed", LIMIT, () -> gateway.admin().bookings() == 2);

        RawExchange gone = open(gateway, 2);
        awaitWaiting(gateway, 1);
        Future<Completion> patient = send(gateway, "patient", 3);
        awaitWaiting(gateway, 2);
        gone.close();
        awaitWaiting(gateway, 1);
        Future<Completion> urgent = send(gateway, "urgent", 4, "x-dynamo-request-strict-priority", "1");
        awaitWaiting(gateway, 2);

        HttpAnswer refused = new InferenceClient(gateway.port())
                .post(InferenceClient.CHAT, body(5), Headers.of("content-type", "application/json"));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0)).isBetween(1L, 60L);
        assertThat(Json.read(refused.text()).at("/error/code").textValue()).isEqualTo("prefill_full");
        assertThat(gateway.admin().bookings()).as("of the first alone").isEqualTo(2);

        for (Future<Completion> answer : List.of(running, urgent, patient)) {
            assertThat(answer.get().isGood()).isTrue();
        }
        assertThat(finished).containsExactly("running", "urgent", "patient");
        assertThat(gateway.admin().metric("kv_epp_queue_wait_seconds_count")).isEqualTo(2);
        assertThat(gateway.admin().metric("kv_epp_queue_requests")).isZero();
    }

    private Gateway start() throws IOException {
        Path policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
        stack.startWorkers(Role.PREFILL, Role.DECODE);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("queue", frontend.port(), "--router-policy-config", policy.toString());
        stack.awaitModelListed(frontend);
        return gateway;
    }

    private Future<Completion> send(Gateway gateway, String name, int seed, String... headers) {
        return clients.submit(() -> {
            Completion answer = new InferenceClient(gateway.port())
                    .complete(
                            InferenceClient.CHAT,
                            new String(body(seed), StandardCharsets.UTF_8),
                            headers.length == 0 ? Headers.NONE : Headers.of(headers));
            finished.add(name);
            return answer;
        });
    }

    /// A request whose client can leave.
    private static RawExchange open(Gateway gateway, int seed) {
        byte[] body = body(seed);
        return new RawExchange(gateway.port())
                .head(
                        "POST",
                        InferenceClient.CHAT,
                        Headers.of(
                                "content-type",
                                "application/json",
                                "content-length",
                                Integer.toString(body.length),
                                "connection",
                                "close"))
                .write(body);
    }

    private static byte[] body(int seed) {
        return Prompts.chat("qwen", 1, "s", Prompts.text(15_000_000L + seed, WORDS))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void awaitWaiting(Gateway gateway, int count) {
        Await.until("waiting: " + count, LIMIT, () -> gateway.admin().metric("kv_epp_queue_requests") == count);
    }
}
