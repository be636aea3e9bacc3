package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Sessions stay on their worker, through a real Envoy and a Direct frontend.
@ExtendWith(Deployments.class)
class SessionIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int PROMPTS_MAX = 40;
    private static final Headers SESSION = Headers.of("x-dynamo-session-id", "session-1");

    private final Stack stack;

    SessionIT(RealParts parts) {
        stack = new Stack("session", parts, StackSettings.DEFAULT);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void aSessionFollowsItsWorkerThoughAnotherHoldsThePrompt() {
        stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("session", frontend.port(), "--router-session-affinity-ttl-secs", "60");
        stack.awaitModelListed(frontend);
        String bound = send(gateway, 0, SESSION);

        int elsewhere = promptServedByAnother(gateway, bound);
        for (int i = 0; i < 3; i++) {
            assertThat(send(gateway, elsewhere, SESSION)).isEqualTo(bound);
        }

        assertThat(gateway.admin().bookings()).isZero();
    }

    /// A prompt that without a session goes to another worker than `bound`, again and again.
    private int promptServedByAnother(Gateway gateway, String bound) {
        for (int seed = 1; seed <= PROMPTS_MAX; seed++) {
            int again = seed;
            String worker = send(gateway, seed, Headers.NONE);
            if (!worker.equals(bound)) {
                Await.until(
                        "three requests in a row go where the prompt is",
                        LIMIT,
                        () -> IntStream.range(0, 3)
                                .allMatch(
                                        _ -> send(gateway, again, Headers.NONE).equals(worker)));
                return seed;
            }
        }
        throw new AssertionError("no prompt went to another worker than " + bound);
    }

    private static String send(Gateway gateway, int seed, Headers headers) {
        Completion answer = new InferenceClient(gateway.port())
                .complete(
                        InferenceClient.CHAT,
                        Prompts.chat("qwen", 1, "s", Prompts.text(17_000_000L + seed, 40))
                                .toString(),
                        headers);
        assertThat(answer.isGood()).as("%s", answer).isTrue();
        return answer.decodeWorker();
    }
}
