package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Pick;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Deployments.Disaggregated;
import io.kvepp.it.stack.Gateway;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A kv-epp that starts after its workers have cached prompts knows them all the same.
@ExtendWith(Deployments.class)
class LateStartIT {
    private static final int BLOCK_TOKENS = 16;

    @Test
    void whatAggregatedWorkersHeldBeforeTheStartIsRoutedTo(@Aggregated Deployment deployment) {
        knowsWhatWasCachedBefore(deployment, 7_000_000);
    }

    @Test
    void whatPrefillWorkersHeldBeforeTheStartIsRoutedTo(@Disaggregated Deployment deployment) {
        knowsWhatWasCachedBefore(deployment, 8_000_000);
    }

    private static void knowsWhatWasCachedBefore(Deployment deployment, long seed) {
        List<String> bodies = List.of(body(deployment, seed), body(deployment, seed + 1), body(deployment, seed + 2));
        List<String> holders = bodies.stream()
                .map(body -> deployment.client().complete(InferenceClient.CHAT, body))
                .map(answer -> deployment.gateway().admin().pick(answer.requestId()))
                .map(pick -> pick.reusing().workerId())
                .toList();

        Gateway late = deployment.stack().startGateway("late-" + seed, frontendPort(deployment));
        try {
            assertThat(late.admin().metric("kv_epp_kv_recoveries_total", "tree"))
                    .isGreaterThanOrEqualTo(2);
            for (int i = 0; i < bodies.size(); i++) {
                Completion answer = new InferenceClient(late.port()).complete(InferenceClient.CHAT, bodies.get(i));
                Pick pick = late.admin().pick(answer.requestId());
                assertThat(answer.isGood()).isTrue();
                assertThat(pick.reusing().workerId()).isEqualTo(holders.get(i));
                assertThat(pick.reusing().overlapBlocks()).isEqualTo(pick.promptTokens() / BLOCK_TOKENS);
            }
        } finally {
            late.kvEpp().kill();
        }
    }

    private static String body(Deployment deployment, long seed) {
        return Prompts.chat(deployment.model(), 1, Prompts.text(seed, 60), Prompts.text(-seed, 60))
                .toString();
    }

    private static int frontendPort(Deployment deployment) {
        return deployment.frontend().port();
    }
}
