package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// With enforced disaggregation nothing is served without a prefill worker, in whatever order the
/// parts come and go.
@ExtendWith(Deployments.class)
class EnforcedDisaggIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Stack stack;

    EnforcedDisaggIT(RealParts parts) {
        stack = new Stack("enforced", parts, StackSettings.DEFAULT);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @ParameterizedTest(name = "{0} first")
    @EnumSource(
            value = Role.class,
            names = {"PREFILL", "DECODE"})
    void anyStartOrderEndsReadyAndAPoolThatLeavesAndReturnsIsFollowed(Role first) {
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.launchGateway("enforced", frontend.port(), "--enforce-disagg", "true");
        stack.startWorkers(first);
        String known = stack.workers().getFirst().workerId();
        Await.until("kv-epp knows the first worker", LIMIT, () -> {
            gateway.kvEpp().requireAlive();
            return gateway.admin().get("/workers").isPresent()
                    && gateway.admin().workerIds().contains(known);
        });
        Await.until(
                "everything but the other role is ready",
                LIMIT,
                () -> readiness(gateway).equals(List.of("prefill workers joined")));

        stack.startWorkers(first == Role.PREFILL ? Role.DECODE : Role.PREFILL);
        stack.awaitWorkersKnown(gateway);
        stack.awaitModelListed(frontend);
        Await.until("both serve", LIMIT, () -> answer(gateway).isGood());

        WorkerProcess prefill = prefill();
        prefill.process().terminate();
        prefill.process().awaitExit(LIMIT);
        stack.forget(prefill);
        Await.until(
                "the prefill worker is gone",
                LIMIT,
                () -> !gateway.admin().workerIds().contains(prefill.workerId()));
        Completion refused = answer(gateway);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.events().getFirst().at("/error/code").textValue()).isEqualTo("no_workers");
        assertThat(gateway.admin().bookings()).isZero();

        stack.startWorkers(Role.PREFILL);
        stack.awaitWorkersKnown(gateway);
        Await.until(
                "the new prefill worker serves", LIMIT, () -> answer(gateway).isGood());
        assertThat(answer(gateway).prefillWorker()).contains(prefill().workerId());
    }

    private WorkerProcess prefill() {
        return stack.workers().stream()
                .filter(worker -> worker.role() == Role.PREFILL)
                .findFirst()
                .orElseThrow();
    }

    /// The conditions of readiness that do not hold.
    private static List<String> readiness(Gateway gateway) {
        return gateway.admin()
                .get("/readyz")
                .map(answer -> answer.json().required("conditions").properties().stream()
                        .filter(condition -> !condition.getValue().booleanValue())
                        .map(condition -> condition.getKey())
                        .toList())
                .orElse(List.of("no answer"));
    }

    private static Completion answer(Gateway gateway) {
        return new InferenceClient(gateway.port())
                .complete(
                        InferenceClient.CHAT,
                        Prompts.chat("qwen", 2, "s", Prompts.text(9_100_000, 20))
                                .toString());
    }
}
