package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Busy thresholds that are exceeded answer 529, through a real Envoy.
@ExtendWith(Deployments.class)
class OverloadIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final StackSettings SLOW = new StackSettings("qwen", 16, 16_384, 32_768, 1);

    private final Stack stack;

    OverloadIT(RealParts parts) {
        stack = new Stack("overload", parts, SLOW);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void anOverloadedAggregatedWorkerAnswers529AndOneThatIsFreeAgainServes() {
        stack.startWorkers(Role.AGGREGATED);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("overload", frontend.port());
        stack.awaitModelListed(frontend);
        overloadedWhileAStreamRuns(gateway);

        String worker = stack.workerIds(Role.AGGREGATED).iterator().next();
        Headers pinned = Headers.of("x-dynamo-worker-instance-id", worker);
        try (LongStream _ = new LongStream(frontend.port(), longChat(), pinned)) {
            Await.until(
                    "the engine's own report is heard",
                    LIMIT,
                    () -> answer(gateway).status() == 529);
            assertThat(gateway.admin().bookings()).as("nothing is booked").isZero();
        }
        Await.until(
                "the engine reports that it is free",
                LIMIT,
                () -> answer(gateway).isGood());
    }

    @Test
    void anOverloadedDecodeWorkerAnswers529() {
        stack.startWorkers(Role.PREFILL, Role.DECODE);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("overload", frontend.port());
        stack.awaitModelListed(frontend);
        overloadedWhileAStreamRuns(gateway);
    }

    private void overloadedWhileAStreamRuns(Gateway gateway) {
        assertThat(answer(gateway).isGood()).isTrue();
        HttpAnswer set =
                gateway.admin().post("/busy_threshold", "{\"model\":\"qwen\",\"active_decode_blocks_threshold\":0}");
        assertThat(set.status()).as(set.text()).isEqualTo(200);
        Await.until("nothing runs any more", LIMIT, () -> answer(gateway).isGood());
        try (LongStream _ = new LongStream(gateway.port(), longChat(), Headers.NONE)) {
            Completion refused = answer(gateway);
            assertThat(refused.status()).isEqualTo(529);
            assertThat(refused.events().getFirst().at("/error/code").textValue())
                    .isEqualTo("workers_overloaded");
            assertThat(refused.events().getFirst().at("/code").intValue()).isEqualTo(529);
        }
        Await.until("the stream has ended", LIMIT, () -> answer(gateway).isGood());
    }

    private static ObjectNode longChat() {
        return Prompts.chat("qwen", LongStream.TOKENS, "s", Prompts.text(9_000_001, 30));
    }

    private static Completion answer(Gateway gateway) {
        return new InferenceClient(gateway.port())
                .complete(
                        InferenceClient.CHAT,
                        Prompts.chat("qwen", 1, "s", Prompts.text(9_000_002, 5)).toString());
    }
}
