package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Data-parallel ranks of prefill and decode workers are chosen one by one.
@ExtendWith(Deployments.class)
class DpRanksIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int REQUESTS_MAX = 60;

    private final Stack stack;

    DpRanksIT(RealParts parts) {
        stack = new Stack("dp-ranks", parts, StackSettings.DEFAULT);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void newPromptsAreStoredOnEveryPrefillRankAndReturnToIt() {
        stack.startWorkers(List.of(Role.PREFILL, Role.DECODE), _ -> List.of("--data-parallel-size", "2"));
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("dp-ranks", frontend.port());
        stack.awaitModelListed(frontend);

        Set<String> chosen = new TreeSet<>();
        for (int i = 0; chosen.size() < 4; i++) {
            assertThat(i).as("prompts that did not meet every rank").isLessThan(REQUESTS_MAX);
            JsonNode pick = send(gateway, i);
            String prefill = rank("P", pick.required("prefill"));
            chosen.add(prefill);
            chosen.add(rank("D", pick.required("decode")));

            Await.until("the rank's event has come", LIMIT, () -> events(gateway, prefill) > 0);
            int again = i;
            Await.until(
                    "the prompt returns to its rank",
                    LIMIT,
                    () -> rank("P", send(gateway, again).required("prefill")).equals(prefill));
        }

        assertThat(chosen).containsExactly("D0", "D1", "P0", "P1");
        assertThat(gateway.admin().metric("kv_epp_worker_reuse_off")).isZero();
    }

    private static JsonNode send(Gateway gateway, int seed) {
        Completion answer = new InferenceClient(gateway.port())
                .complete(
                        InferenceClient.CHAT,
                        Prompts.chat("qwen", 1, "s", Prompts.text(16_000_000L + seed, 40))
                                .toString());
        assertThat(answer.isGood()).as("%s", answer).isTrue();
        return gateway.admin().get("/picks/" + answer.requestId()).orElseThrow().json();
    }

    private static String rank(String role, JsonNode choice) {
        return role + choice.required("dpRank").asText();
    }

    /// Events of a prefill rank that have been applied.
    private static long events(Gateway gateway, String prefill) {
        JsonNode workers = gateway.admin().get("/workers").orElseThrow().json().required("workers");
        for (JsonNode worker : workers) {
            if (worker.required("role").asText().equals("PREFILL")
                    && prefill.equals("P" + worker.required("dpRank").asText())) {
                return worker.required("lastEventId").longValue();
            }
        }
        throw new AssertionError("no prefill rank " + prefill);
    }
}
