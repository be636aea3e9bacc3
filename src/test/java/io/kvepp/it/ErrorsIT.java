package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.GatewaySettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A request that cannot be routed is answered in OpenAI's words, and no frontend hears of it.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ErrorsIT {
    private static final Headers JSON = Headers.of("content-type", "application/json");
    private static final int BODY_BYTES_MAX = 64 << 10;

    private final Deployment deployment;
    private final InferenceClient client;
    private final Gateway strict;
    private int upstreamRequests;

    ErrorsIT(@Aggregated Deployment deployment) {
        this.deployment = deployment;
        client = new InferenceClient(deployment.recording().port());
        strict = deployment
                .stack()
                .startGateway(
                        "strict",
                        deployment.upstream().port(),
                        "--body-bytes-max",
                        Integer.toString(BODY_BYTES_MAX),
                        "--body-idle",
                        "400ms");
    }

    @BeforeEach
    void countRequests() {
        upstreamRequests = deployment.upstream().count();
    }

    @AfterEach
    void theUpstreamHeardNothing() {
        assertThat(deployment.upstream().count()).as("requests at the upstream").isEqualTo(upstreamRequests);
        assertThat(deployment.recording().admin().bookings()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":",
                "[]",
                "\"text\"",
                "{\"model\":\"qwen\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "{\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "{\"model\":\"qwen\",\"messages\":{}}",
                "{\"model\":\"qwen\"}"
            })
    void aMalformedBodyIs400(String body) {
        isError(post(client, body), 400, "invalid_request_error", "invalid_request");
    }

    @Test
    void aModelNeverSeenIs404() {
        isError(
                post(client, Prompts.chat("nobody-has-this", 4, "s", "u").toString()),
                404,
                "not_found_error",
                "model_not_found");
    }

    @Test
    void noWorkersIs503(@TempDir Path empty) throws IOException {
        Files.createDirectories(empty.resolve("v1/instances"));
        Gateway gateway = deployment
                .stack()
                .launchGateway(new GatewaySettings(
                        "no-workers", empty, deployment.upstream().port(), List.of()));
        gateway.awaitReady();

        isError(
                post(
                        new InferenceClient(gateway.port()),
                        Prompts.chat("qwen", 4, "s", "u").toString()),
                503,
                "service_unavailable",
                "no_workers");
    }

    @Test
    void aBodyAnnouncedAboveTheLimitIs413() {
        byte[] body = Prompts.chat("qwen", 4, "s", "x".repeat(BODY_BYTES_MAX))
                .toString()
                .getBytes(StandardCharsets.UTF_8);

        isError(
                new InferenceClient(strict.port()).post(InferenceClient.CHAT, body, JSON),
                413,
                "invalid_request_error",
                "body_too_large");
    }

    @Test
    void aBodyThatGrowsAboveTheLimitIs413() {
        try (RawExchange exchange = new RawExchange(strict.port())) {
            exchange.head("POST", InferenceClient.CHAT, JSON.with("transfer-encoding", "chunked"));
            for (int sent = 0; sent <= BODY_BYTES_MAX; sent += 16 << 10) {
                exchange.chunk(" ".repeat(16 << 10).getBytes(StandardCharsets.UTF_8));
            }

            isError(exchange.answer(), 413, "invalid_request_error", "body_too_large");
        }
    }

    @Test
    void aBodyThatStopsIs408() {
        try (RawExchange exchange = new RawExchange(strict.port())) {
            exchange.head("POST", InferenceClient.CHAT, JSON.with("content-length", "1000"))
                    .write("{\"model\":\"qwen\",".getBytes(StandardCharsets.UTF_8));

            isError(exchange.answer(), 408, "invalid_request_error", "body_idle");
        }
    }

    @Test
    void aRefusalHasTheFieldsOfTheFrontends() {
        String body = "{\"model\":\"qwen\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":3}"
                .replace("qwen", deployment.model());

        JsonNode ours = post(client, body).json();
        JsonNode theirs = post(deployment.frontend(), body).json();

        theirs.fieldNames()
                .forEachRemaining(name -> assertThat(ours.get(name)).as(name).isEqualTo(theirs.get(name)));
        assertThat(theirs.path("code").asInt()).isEqualTo(400);
    }

    @Test
    void aPromptLongerThanTheContextIs400() {
        String words = "word ".repeat(deployment.stack().settings().contextTokens() + 1);
        HttpAnswer answer = post(
                deployment.client(),
                Prompts.chat(deployment.model(), 4, "s", words).toString());

        isError(answer, 400, "invalid_request_error", "context_length_exceeded");
        assertThat(answer.json().at("/details/limit").asInt())
                .isEqualTo(deployment.stack().settings().contextTokens());
        assertThat(answer.json().at("/details/actual").asInt())
                .isGreaterThan(deployment.stack().settings().contextTokens());
    }

    @Test
    void aRefusalOfTheMessagesApiIsAnthropics() {
        HttpAnswer answer = client.post(
                "/v1/messages",
                "{\"model\":\"qwen\",\"max_tokens\":0,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                        .getBytes(StandardCharsets.UTF_8),
                JSON);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                        + "\"message\":\"max_tokens: must be greater than 0\"}}");
    }

    private static HttpAnswer post(InferenceClient client, String body) {
        return client.post(InferenceClient.CHAT, body.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private static void isError(HttpAnswer answer, int status, String type, String code) {
        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(status);
        assertThat(answer.contentType()).isEqualTo("application/json");
        JsonNode error = answer.json().required("error");
        assertThat(error.required("message").textValue()).isNotBlank();
        assertThat(error.required("type").textValue()).isEqualTo(type);
        assertThat(error.required("code").textValue()).isEqualTo(code);
        assertThat(error.required("param")).isNotNull();
    }
}
