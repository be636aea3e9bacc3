package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Requests whose model is rewritten, through a real Envoy and a Direct frontend that knows only the
/// target.
@ExtendWith(Deployments.class)
class RewriteIT {
    private static final Headers REWRITTEN = Headers.of("x-llm-d-model-name-rewrite", "qwen");

    private final Stack stack;

    RewriteIT(RealParts parts) {
        stack = new Stack("rewrite", parts, StackSettings.DEFAULT);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void theClientSeesTheNameItAskedForInStreamsAndInWholeAnswers() {
        stack.startWorkers(Role.AGGREGATED);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("rewrite", frontend.port(), "--control-headers", "honour");
        stack.awaitModelListed(frontend);
        InferenceClient client = new InferenceClient(gateway.port());
        ObjectNode chat = Prompts.chat("the-clients-name", 3, "s", Prompts.text(18_000_000L, 40));

        chat.put("stream", true);
        Completion streamed = client.complete(InferenceClient.CHAT, chat.toString(), REWRITTEN);
        assertThat(streamed.isGood()).as("%s", streamed).isTrue();
        assertThat(streamed.events())
                .hasSizeGreaterThan(2)
                .allSatisfy(event -> assertThat(event.path("model").asText()).isEqualTo("the-clients-name"));

        chat.put("stream", false);
        HttpAnswer whole = client.post(
                InferenceClient.CHAT,
                chat.toString().getBytes(StandardCharsets.UTF_8),
                Headers.of("content-type", "application/json", "x-llm-d-model-name-rewrite", "qwen"));
        assertThat(whole.status()).as(whole.text()).isEqualTo(200);
        assertThat(Json.read(whole.text()).path("model").asText()).isEqualTo("the-clients-name");
        assertThat(Json.read(whole.text()).at("/choices/0/message/content").asText())
                .isNotEmpty();

        assertThat(client.complete(InferenceClient.CHAT, chat.toString()).status())
                .as("without the header the name is unknown")
                .isEqualTo(404);
    }
}
