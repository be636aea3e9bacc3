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
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A frontend in KV mode and kv-epp watch the same idle workers: they choose the same one for every
/// request, unless several cost the same.
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
                    .run(Role.AGGREGATED);
        }
    }

    @Test
    void twoPrefillAndTwoDecodeWorkers(@Disaggregated Deployment deployment) {
        new Comparison(deployment.stack(), deployment.gateway(), deployment.frontend(), deployment.oracle(), 2)
                .run(Role.PREFILL);
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
        private int ties;

        Comparison(Stack stack, Gateway gateway, InferenceClient direct, TokenOracle frontend, long seed) {
            this.stack = stack;
            this.direct = direct;
            this.frontend = frontend;
            admin = gateway.admin();
            client = new InferenceClient(gateway.port());
            random = new Random(7_000_000 + seed);
            for (int i = 0; i < FAMILIES; i++) {
                families.add(tokens(FAMILY_BLOCKS * stack.settings().blockSize()));
            }
        }

        /// `role`: of the workers whose choice is compared, those that compute prompts.
        void run(Role role) {
            Set<String> ids = stack.workerIds(role);
            ObjectNode first = body(tokens(9));
            Await.until("the frontend chooses among " + ids, LIMIT, () -> ids.contains(theirs(first)));
            List<String> workers = List.copyOf(ids);
            for (int i = 0; i < SEEDED; i++) {
                fill(workers.get(random.nextInt(workers.size())), role);
            }
            awaitQuiet();
            for (int i = 0; i < REQUESTS; i++) {
                compare();
            }
            assertThat(ties).as("tied picks of " + REQUESTS).isLessThan(REQUESTS / 5);
        }

        /// Puts the beginning of a family into one worker's cache, past the gateway.
        private void fill(String worker, Role role) {
            String decode = role == Role.PREFILL
                    ? stack.workerIds(Role.DECODE).iterator().next()
                    : worker;
            Headers headers = Headers.of("x-dynamo-worker-instance-id", decode, "x-dynamo-prefill-instance-id", worker);
            String body = body(prompt()).toString();
            assertThat(direct.complete(InferenceClient.COMPLETIONS, body, headers)
                            .isGood())
                    .isTrue();
        }

        private void compare() {
            ObjectNode body = body(prompt());
            Await.until("the deployment is idle", LIMIT, () -> admin.bookings() == 0);
            Completion asked = client.complete(InferenceClient.COMPLETIONS, TokenOracle.asking(body.toString()));
            var before = admin.lastEventIds();
            String frontends = theirs(body);
            Completion answer = client.complete(InferenceClient.COMPLETIONS, body.toString());
            assertThat(asked.isGood() && answer.isGood())
                    .as("%s, %s", asked, answer)
                    .isTrue();
            Pick pick = admin.pick(answer.requestId());
            String chosen = pick.reusing().workerId();
            if (isTied(pick)) {
                ties++;
            } else {
                assertThat(computing(asked))
                        .as("kv-epp's answer to the question; %s", pick)
                        .isEqualTo(chosen);
                assertThat(frontends).as("the frontend's choice; %s", pick).isEqualTo(chosen);
            }
            int blocks = body.get("prompt").size() / stack.settings().blockSize();
            long expected = before.getOrDefault(chosen, 0L) + (pick.reusing().overlapBlocks() < blocks ? 1 : 0);
            Await.until(
                    "the event of the prompt's new blocks",
                    LIMIT,
                    () -> admin.lastEventIds().getOrDefault(chosen, 0L) >= expected);
            awaitFrontendHeard(body, pick, blocks);
        }

        /// The worker that has just computed a prompt is the only one that holds all of it, unless
        /// another did before: the frontend knows it once it chooses that one.
        private void awaitFrontendHeard(ObjectNode body, Pick pick, int blocks) {
            boolean othersHold = pick.candidates().stream()
                    .anyMatch(candidate ->
                            !candidate.workerId().equals(pick.reusing().workerId())
                                    && candidate.overlapBlocks() == blocks);
            if (blocks > 0 && !othersHold) {
                String chosen = pick.reusing().workerId();
                Await.until(
                        "the frontend knows what " + chosen + " holds",
                        LIMIT,
                        () -> theirs(body).equals(chosen));
            }
        }

        private static boolean isTied(Pick pick) {
            String role = pick.prefill().isPresent() ? "PREFILL" : "AGGREGATED";
            double[] costs = pick.candidates().stream()
                    .filter(candidate -> candidate.role().equals(role))
                    .mapToDouble(Pick.Choice::cost)
                    .sorted()
                    .toArray();
            return costs.length > 1 && costs[0] == costs[1];
        }

        private String theirs(ObjectNode body) {
            return computing(frontend.choice(InferenceClient.COMPLETIONS, body.toString()));
        }

        private static String computing(Completion answer) {
            return answer.prefillWorker().orElseThrow();
        }

        private void awaitQuiet() {
            long[] since = {System.nanoTime()};
            AtomicReference<Map<String, Long>> last = new AtomicReference<>(Map.of());
            Await.until("no KV event for 500 ms", LIMIT, () -> {
                Map<String, Long> now = admin.lastEventIds();
                if (!now.equals(last.getAndSet(now))) {
                    since[0] = System.nanoTime();
                }
                return System.nanoTime() - since[0] > Duration.ofMillis(500).toNanos();
            });
        }

        /// Some blocks of a family and a few tokens of its own, which with the answer complete no block.
        private int[] prompt() {
            int blockSize = stack.settings().blockSize();
            int[] family = families.get(random.nextInt(FAMILIES));
            int shared = (2 + random.nextInt(FAMILY_BLOCKS - 2)) * blockSize;
            int[] own = tokens(random.nextInt(3) * blockSize + 3);
            int[] prompt = Arrays.copyOf(family, shared + own.length);
            System.arraycopy(own, 0, prompt, shared, own.length);
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
