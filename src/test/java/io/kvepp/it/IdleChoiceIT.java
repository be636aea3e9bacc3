package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.http.Pick;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Disaggregated;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.TokenOracle;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A frontend in KV mode and kv-epp watch the same idle workers: they choose the same one for every
/// request, unless several cost the same.
///
/// Asked where a request would go, the frontend names the decode worker alone. So where there are
/// prefill workers it executes the requests, and kv-epp is asked.
@ExtendWith(Deployments.class)
class IdleChoiceIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int REQUESTS = 300;
    private static final int FAMILIES = 25;
    private static final int FAMILY_BLOCKS = 24;
    private static final int SEEDED = 60;
    private static final int TOKEN_MIN = 20;
    private static final int TOKEN_MAX = 1_500;

    @Test
    void fourAggregatedWorkers(RealParts parts) {
        try (Stack stack = new Stack("idle-choice", parts, StackSettings.DEFAULT)) {
            Stack.Frontend direct = stack.launchFrontend("direct");
            Stack.Frontend kv = stack.launchFrontend("kv");
            Gateway gateway = stack.launchGateway("idle", direct.port());
            stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED);
            List.of(direct, kv).forEach(stack::awaitModelListed);
            stack.awaitWorkersKnown(gateway);

            new Comparison(
                            stack,
                            gateway,
                            new InferenceClient(direct.port()),
                            new TokenOracle(new InferenceClient(kv.port())),
                            1)
                    .asking();
        }
    }

    @Test
    void twoPrefillAndTwoDecodeWorkers(@Disaggregated Deployment deployment) {
        Stack.Frontend kv = deployment.stack().launchFrontend("kv");
        deployment.stack().awaitModelListed(kv);
        InferenceClient frontends = new InferenceClient(kv.port());
        Await.until("the frontend uses prefill workers", LIMIT, () -> {
            ObjectNode body = Prompts.completion(deployment.model(), 2, "hello");
            Completion answer = frontends.complete(InferenceClient.COMPLETIONS, body.toString());
            return answer.isGood()
                    && deployment
                            .stack()
                            .workerIds(Role.PREFILL)
                            .contains(answer.prefillWorker().orElse(""));
        });

        new Comparison(deployment.stack(), deployment.gateway(), deployment.frontend(), deployment.oracle(), 2)
                .executing(frontends);
    }

    /// Confined to one test.
    private static final class Comparison {
        private final Stack stack;
        private final AdminClient admin;
        private final InferenceClient client;
        private final InferenceClient direct;
        private final TokenOracle frontend;
        private final Random random;
        private final List<int[]> families = new ArrayList<>();
        private final CacheModel caches;
        private int ties;

        Comparison(Stack stack, Gateway gateway, InferenceClient direct, TokenOracle frontend, long seed) {
            this.stack = stack;
            this.direct = direct;
            this.frontend = frontend;
            admin = gateway.admin();
            client = new InferenceClient(gateway.port());
            random = new Random(7_000_000 + seed);
            caches = new CacheModel(stack.settings().blockSize());
            for (int i = 0; i < FAMILIES; i++) {
                families.add(tokens(FAMILY_BLOCKS * stack.settings().blockSize()));
            }
        }

        /// Both are asked about a request, then kv-epp's choice executes it.
        void asking() {
            seed(List.copyOf(stack.workerIds(Role.AGGREGATED)), worker -> worker);
            for (int i = 0; i < REQUESTS; i++) {
                ObjectNode body = body(prompt(i, FAMILY_BLOCKS - random.nextInt(4)));
                Await.until("the deployment is idle", LIMIT, () -> admin.bookings() == 0);
                Completion asked = client.complete(InferenceClient.COMPLETIONS, TokenOracle.asking(body.toString()));
                String frontends = computing(frontend.choice(InferenceClient.COMPLETIONS, body.toString()));
                Map<String, Long> before = admin.lastEventIds();
                Completion answer = client.complete(InferenceClient.COMPLETIONS, body.toString());
                assertThat(asked.isGood() && answer.isGood())
                        .as("%s, %s", asked, answer)
                        .isTrue();
                Pick pick = admin.pick(answer.requestId());
                String chosen = pick.reusing().workerId();
                if (isTied(pick)) {
                    ties++;
                } else {
                    assertThat(computing(asked)).as("asked; %s", pick).isEqualTo(chosen);
                    assertThat(frontends).as("the frontend's choice; %s", pick).isEqualTo(chosen);
                }
                awaitEvent(chosen, before, pick.reusing().overlapBlocks() < blocks(body));
            }
            assertFewTies();
        }

        /// kv-epp is asked about a request, then the frontend's choice executes it. `frontends` executes
        /// by its own choice.
        void executing(InferenceClient frontends) {
            String decode = stack.workerIds(Role.DECODE).iterator().next();
            List<String> workers = List.copyOf(stack.workerIds(Role.PREFILL));
            seed(workers, _ -> decode);
            for (int i = 0; i < REQUESTS; i++) {
                int[] prompt = prompt(i, FAMILY_BLOCKS - random.nextInt(4));
                ObjectNode body = body(prompt);
                Completion asked = client.complete(InferenceClient.COMPLETIONS, TokenOracle.asking(body.toString()));
                Map<String, Long> before = admin.lastEventIds();
                body.putObject("nvext").putArray("extra_fields").add("worker_id");
                Completion answer = frontends.complete(InferenceClient.COMPLETIONS, body.toString());
                assertThat(asked.isGood() && answer.isGood())
                        .as("%s, %s", asked, answer)
                        .isTrue();
                String chosen = computing(answer);
                int held = caches.overlapBlocks(chosen, prompt);
                if (workers.stream().allMatch(worker -> caches.overlapBlocks(worker, prompt) == held)) {
                    ties++;
                } else {
                    assertThat(computing(asked)).as("request %d", i).isEqualTo(chosen);
                }
                caches.computed(chosen, prompt);
                awaitEvent(chosen, before, held < blocks(body));
            }
            assertFewTies();
        }

        private void assertFewTies() {
            assertThat(ties).as("tied picks of " + REQUESTS).isLessThan(REQUESTS / 5);
        }

        /// Puts the beginnings of the families into some caches, past the gateway.
        private void seed(List<String> workers, UnaryOperator<String> decodeWorker) {
            for (int i = 0; i < SEEDED; i++) {
                String worker = workers.get(random.nextInt(workers.size()));
                int[] prompt = prompt(i, 2 + random.nextInt(FAMILY_BLOCKS - 8));
                Headers headers = Headers.of(
                        "x-dynamo-worker-instance-id",
                        decodeWorker.apply(worker),
                        "x-dynamo-prefill-instance-id",
                        worker);
                Map<String, Long> before = admin.lastEventIds();
                Completion answer = direct.complete(
                        InferenceClient.COMPLETIONS, body(prompt).toString(), headers);
                assertThat(answer.isGood()).as("%s", answer).isTrue();
                boolean newBlocks = caches.overlapBlocks(worker, prompt) < blocks(body(prompt));
                caches.computed(worker, prompt);
                awaitEvent(worker, before, newBlocks);
            }
        }

        private void awaitEvent(String worker, Map<String, Long> before, boolean newBlocks) {
            long expected = before.getOrDefault(worker, 0L) + (newBlocks ? 1 : 0);
            Await.until(
                    "the event of the prompt's new blocks",
                    LIMIT,
                    () -> admin.lastEventIds().getOrDefault(worker, 0L) >= expected);
        }

        private static boolean isTied(Pick pick) {
            double[] costs = pick.candidates().stream()
                    .mapToDouble(Pick.Choice::cost)
                    .sorted()
                    .toArray();
            return costs.length > 1 && costs[0] == costs[1];
        }

        private static String computing(Completion answer) {
            return answer.prefillWorker().orElseThrow();
        }

        private int blocks(ObjectNode body) {
            return body.get("prompt").size() / stack.settings().blockSize();
        }

        /// So many blocks of a family and a few tokens of its own, which with the answer complete no
        /// block. Families take turns: what the prompt before left in a cache is known everywhere when
        /// the next of its family comes.
        private int[] prompt(int number, int sharedBlocks) {
            int blockSize = stack.settings().blockSize();
            int[] own = tokens(random.nextInt(3) * blockSize + 3);
            int[] prompt = Arrays.copyOf(families.get(number % FAMILIES), sharedBlocks * blockSize + own.length);
            System.arraycopy(own, 0, prompt, sharedBlocks * blockSize, own.length);
            return prompt;
        }

        private ObjectNode body(int[] tokenIds) {
            ObjectNode body =
                    Json.object().put("model", stack.settings().modelName()).put("max_tokens", 2);
            ArrayNode prompt = body.putArray("prompt");
            for (int id : tokenIds) {
                prompt.add(id);
            }
            return body;
        }

        private int[] tokens(int count) {
            return random.ints(count, TOKEN_MIN, TOKEN_MAX).toArray();
        }
    }
}
