package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.LiveCompletion;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.RouterStack;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of streams through `kv-epp router` whose decode worker dies.
@ExtendWith(Deployments.class)
class RouterMigrationIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int STREAMS = 8;
    private static final int OUTPUT_TOKENS = 160;
    /// A token takes a decode worker 60 ms, so that no stream ends before its worker is killed.
    private static final StackSettings SLOW = new StackSettings("qwen", 16, 16_384, 32_768, 0.1);

    private final RealParts parts;

    RouterMigrationIT(RealParts parts) {
        this.parts = parts;
    }

    /// A router of its own, a frontend that sees nothing but it, and chats through both.
    private record Front(RouterStack router, Stack.Frontend frontend, List<LiveCompletion> streams) {
        private Front(RouterStack router) {
            this(router, router.launchFrontend(), new ArrayList<>());
        }

        void begin() {
            InferenceClient client = new InferenceClient(frontend.port());
            IntStream.range(0, STREAMS)
                    .mapToObj(number -> client.stream(InferenceClient.CHAT, body(number)))
                    .forEach(streams::add);
        }

        boolean flows() {
            return streams.stream().allMatch(stream -> stream.events() > 0);
        }

        List<LiveCompletion> startedAt(WorkerProcess worker) {
            Set<String> received = RouterStack.received(worker);
            Map<String, String> ids = RouterStack.sentOn(frontend);
            return streams.stream()
                    .filter(stream -> received.contains(ids.get(stream.requestId())))
                    .toList();
        }
    }

    @ParameterizedTest(name = "bootstrapped: {0}")
    @ValueSource(booleans = {false, true})
    void aKilledDecodeWorkerTakesOnlyItsOwnStreamsWithItAndNoneWhereTheyMayMigrate(boolean bootstrapped) {
        try (Stack stack = new Stack("router-kill-" + bootstrapped, parts, SLOW)) {
            List<Role> roles = List.of(Role.DECODE, Role.DECODE, Role.PREFILL, Role.PREFILL);
            List<WorkerProcess> workers = stack.startWorkers(
                    roles, i -> roles.get(i) == Role.PREFILL ? prefillFlags(bootstrapped) : List.of());
            WorkerProcess victim = workers.get(0);
            WorkerProcess survivor = workers.get(1);
            Front strict = new Front(RouterStack.start(stack, parts, "strict", "backend", "--announce-models", "true"));
            Front lenient = new Front(RouterStack.start(
                    stack, parts, "lenient", "backend", "--announce-models", "true", "--migration-limit", "3"));
            List<Front> fronts = List.of(strict, lenient);
            fronts.forEach(front -> stack.awaitModelListed(front.frontend()));

            fronts.forEach(Front::begin);
            Await.until(
                    "every stream flows, and both workers have some of each router",
                    LIMIT,
                    () -> fronts.stream()
                            .allMatch(front -> front.flows()
                                    && !front.startedAt(victim).isEmpty()
                                    && !front.startedAt(survivor).isEmpty()));
            List<LiveCompletion> lost = strict.startedAt(victim);
            List<LiveCompletion> moved = lenient.startedAt(victim);
            assertThat(lost).noneMatch(LiveCompletion::hasEnded);
            assertThat(moved).noneMatch(LiveCompletion::hasEnded);
            victim.process().kill();

            assertThat(lenient.streams()).allSatisfy(RouterMigrationIT::assertWhole);
            assertThat(lenient.startedAt(survivor)).containsAll(moved);
            assertThat(strict.streams()).allSatisfy(stream -> {
                if (lost.contains(stream)) {
                    assertBrokenOff(stream, victim);
                } else {
                    assertWhole(stream);
                }
            });
            assertThat(strict.startedAt(survivor)).doesNotContainAnyElementsOf(lost);
            assertThat(strict.router().ended("router", "generate", "ok")).isEqualTo(STREAMS - lost.size());
            assertThat(lenient.router().ended("router", "generate", "ok")).isEqualTo(STREAMS);
            fronts.forEach(front ->
                    Await.until("no load", LIMIT, () -> front.router().metric("kv_epp_selection_bookings") == 0));
        }
    }

    private static List<String> prefillFlags(boolean bootstrapped) {
        return bootstrapped
                ? List.of("--speedup-ratio", "20", "--bootstrap-ports", Integer.toString(Ports.free()))
                : List.of("--speedup-ratio", "20");
    }

    private static void assertWhole(LiveCompletion stream) {
        Completion completion = stream.await(LIMIT);
        assertThat(completion.isGood()).as("%s", completion.events().getLast()).isTrue();
        assertThat(completion.events().getLast().at("/usage/completion_tokens").asInt())
                .isEqualTo(OUTPUT_TOKENS);
    }

    private static void assertBrokenOff(LiveCompletion stream, WorkerProcess victim) {
        Completion completion = stream.await(LIMIT);
        assertThat(completion.isGood()).isFalse();
        assertThat(completion.events().getLast().toString()).contains("worker " + victim.workerId() + ": ");
    }

    private static String body(int number) {
        return """
                {"model":"qwen","stream":true,"max_tokens":%d,"stream_options":{"include_usage":true},
                 "messages":[{"role":"user","content":"story %d"}]}""".formatted(OUTPUT_TOKENS, number);
    }
}
