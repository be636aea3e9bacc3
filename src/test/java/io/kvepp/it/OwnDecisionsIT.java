package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Pick;
import io.kvepp.it.process.Await;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Deployments.Disaggregated;
import io.kvepp.it.stack.Gateway;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Where prompts went is remembered where no KV event tells, or tells it yet.
@ExtendWith(Deployments.class)
class OwnDecisionsIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int BLOCK_TOKENS = 16;
    private static final int CONVERSATIONS = 8;

    @Test
    void withoutKvEventsConversationsStayWithTheirAggregatedWorker(@Aggregated Deployment deployment) {
        Gateway gateway = start(deployment, "no-events-aggregated", "--use-kv-events", "false");
        try {
            followConversations(deployment, gateway, 21_000_000);
        } finally {
            gateway.kvEpp().kill();
        }
    }

    @Test
    void withoutKvEventsConversationsStayWithTheirPrefillWorker(@Disaggregated Deployment deployment) {
        Gateway gateway = start(deployment, "no-events-disaggregated", "--use-kv-events", "false");
        try {
            followConversations(deployment, gateway, 22_000_000);
        } finally {
            gateway.kvEpp().kill();
        }
    }

    @Test
    void aReplicaThatStartsLaterTakesOverWhatAnotherDecided(@Aggregated Deployment deployment) {
        Gateway first = start(deployment, "first-replica", "--use-kv-events", "false");
        try {
            String body = body(deployment, 25_000_000);
            Pick decided = send(first, body);
            String peer = "http://127.0.0.1:" + first.ports().admin();
            Gateway late = start(deployment, "late-replica", "--use-kv-events", "false", "--index-peers", peer);
            try {
                int blocks = decided.promptTokens() / BLOCK_TOKENS;
                Await.until(
                        "the decision is known", LIMIT, () -> late.admin().metric("kv_epp_routed_blocks") == blocks);
                Pick again = send(late, body);

                assertThat(again.reusing().workerId())
                        .isEqualTo(decided.reusing().workerId());
                assertThat(again.reusing().overlapBlocks()).isEqualTo(blocks);
            } finally {
                late.kvEpp().kill();
            }
        } finally {
            first.kvEpp().kill();
        }
    }

    @Test
    void aDecisionIsForgottenAfterItsTimeToLive(@Aggregated Deployment deployment) {
        Gateway gateway = start(deployment, "short-memory", "--use-kv-events", "false", "--router-ttl-secs", "0.3");
        try {
            String body = body(deployment, 23_000_000);
            send(gateway, body);
            Await.until("the blocks are forgotten", LIMIT, () -> gateway.admin().metric("kv_epp_routed_blocks") == 0);

            assertThat(send(gateway, body).reusing().overlapBlocks()).isZero();
        } finally {
            gateway.kvEpp().kill();
        }
    }

    @Test
    void aPromptCountsAsCachedFromTheDecisionOn(@Aggregated Deployment deployment) {
        Gateway gateway = start(deployment, "predicting", "--router-predicted-ttl-secs", "60");
        try {
            AdminClient admin = gateway.admin();
            String body = Prompts.chat(deployment.model(), 200, Prompts.text(24_000_000, 700))
                    .toString();
            Headers first =
                    Headers.NONE.with("content-type", "application/json").with("x-request-id", "first-24");
            CompletableFuture<?> answer = CompletableFuture.supplyAsync(() -> new InferenceClient(gateway.port())
                    .post(InferenceClient.CHAT, body.getBytes(StandardCharsets.UTF_8), first));
            Await.until("the first decision", LIMIT, () -> admin.knowsPick("first-24"));
            Pick second = send(gateway, body);
            answer.join();
            String worker = admin.pick("first-24").reusing().workerId();
            int blocks = second.promptTokens() / BLOCK_TOKENS;

            // The pick itself may prefer a worker that is not busy.
            assertThat(second.candidates())
                    .filteredOn(candidate -> candidate.workerId().equals(worker))
                    .extracting(Pick.Choice::overlapBlocks)
                    .containsExactly(blocks);
            assertThat((int) admin.metric("kv_epp_routed_blocks")).isGreaterThanOrEqualTo(blocks);
        } finally {
            gateway.kvEpp().kill();
        }
    }

    private static void followConversations(Deployment deployment, Gateway gateway, long seed) {
        for (int c = 0; c < CONVERSATIONS; c++) {
            String system = Prompts.text(seed + c, 50);
            String question = Prompts.text(seed + 100 + c, 50);
            Pick first = send(
                    gateway,
                    Prompts.chat(deployment.model(), 1, system, question).toString());
            Pick second = send(
                    gateway,
                    Prompts.chat(deployment.model(), 1, system, question, "Yes.", Prompts.text(seed + 200 + c, 20))
                            .toString());

            assertThat(first.reusing().overlapBlocks()).isLessThan(5);
            assertThat(second.reusing().workerId()).isEqualTo(first.reusing().workerId());
            assertThat(second.reusing().overlapBlocks()).isEqualTo(first.promptTokens() / BLOCK_TOKENS);
        }
        assertThat(gateway.admin().metric("kv_epp_kv_events_total")).isZero();
    }

    private static Gateway start(Deployment deployment, String name, String... flags) {
        return deployment.stack().startGateway(name, deployment.frontend().port(), flags);
    }

    private static String body(Deployment deployment, long seed) {
        return Prompts.chat(deployment.model(), 1, Prompts.text(seed, 60), Prompts.text(-seed, 60))
                .toString();
    }

    private static Pick send(Gateway gateway, String body) {
        Completion answer = new InferenceClient(gateway.port()).complete(InferenceClient.CHAT, body);
        assertThat(answer.isGood()).as("the answer %s", answer).isTrue();
        return gateway.admin().pick(answer.requestId());
    }
}
