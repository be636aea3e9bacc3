package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Pick;
import io.kvepp.it.process.Await;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Deployments.Disaggregated;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What engines deliver is what the choice captured, request by request, in an idle system.
@ExtendWith(Deployments.class)
class ReuseIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int BLOCK_TOKENS = 16;

    @Test
    void aggregatedWorkersDeliverWhatWasCaptured(@Aggregated Deployment deployment) {
        everyRequestDeliversWhatWasCaptured(deployment, 11_000_000);
    }

    @Test
    void prefillWorkersDeliverWhatWasCaptured(@Disaggregated Deployment deployment) {
        everyRequestDeliversWhatWasCaptured(deployment, 12_000_000);
    }

    private static void everyRequestDeliversWhatWasCaptured(Deployment deployment, long seed) {
        AdminClient admin = deployment.gateway().admin();
        Await.until("the deployment is idle", LIMIT, () -> admin.bookings() == 0);
        Sums before = settled(admin);
        long captured = 0;
        for (ObjectNode body : bodies(deployment, seed)) {
            Completion answer = deployment.client().complete(InferenceClient.CHAT, body.toString());
            assertThat(answer.isGood()).as("%s", answer).isTrue();
            Pick pick = admin.pick(answer.requestId());
            Sums last = before;
            Await.until("the request is settled", LIMIT, () -> Sums.of(admin).prompt() > last.prompt());
            Sums now = Sums.of(admin);

            assertThat(now.prompt() - last.prompt()).isEqualTo(pick.promptTokens());
            assertThat(now.captured() - last.captured())
                    .isEqualTo((long) pick.reusing().overlapBlocks() * BLOCK_TOKENS);
            assertThat(now.delivered() - last.delivered()).isEqualTo(now.captured() - last.captured());
            assertThat(now.held() - last.held()).isGreaterThanOrEqualTo(now.captured() - last.captured());
            captured += now.captured() - last.captured();
            before = now;
        }
        assertThat(captured).as("reuse that was there to be measured").isGreaterThan(100 * BLOCK_TOKENS);
        assertThat(admin.metric("kv_epp_worker_reuse_off")).isZero();
    }

    /// New prompts, the same again, longer ones and forks; streamed with usage, and not.
    private static List<ObjectNode> bodies(Deployment deployment, long seed) {
        RoutedConversation routed = new RoutedConversation(deployment);
        List<ObjectNode> bodies = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String system = Prompts.text(seed + i, 60);
            String first = Prompts.text(seed + 100 + i, 20);
            bodies.add(routed.fitted(system, first));
            bodies.add(routed.fitted(system, first));
            bodies.add(Prompts.streamed(routed.fitted(system, first, Prompts.text(seed + 200 + i, 20))));
            bodies.add(routed.fitted(system, Prompts.text(seed + 300 + i, 40)));
        }
        return bodies;
    }

    /// Waits until requests of earlier tests are accounted for.
    private static Sums settled(AdminClient admin) {
        long[] since = {System.nanoTime()};
        Sums[] last = {Sums.of(admin)};
        Await.until("no request is unsettled", LIMIT, () -> {
            Sums now = Sums.of(admin);
            if (!now.equals(last[0])) {
                last[0] = now;
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > Duration.ofMillis(1500).toNanos();
        });
        return last[0];
    }

    private record Sums(long prompt, long held, long captured, long delivered) {
        static Sums of(AdminClient admin) {
            return new Sums(
                    (long) admin.metric("kv_epp_reuse_prompt_tokens_total"),
                    (long) admin.metric("kv_epp_reuse_held_tokens_total"),
                    (long) admin.metric("kv_epp_reuse_captured_tokens_total"),
                    (long) admin.metric("kv_epp_reuse_delivered_tokens_total"));
        }
    }
}
