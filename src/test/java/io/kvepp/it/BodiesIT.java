package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.Http2Exchange;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies reach the upstream as the client sent them, token ids apart.
@ExtendWith(Deployments.class)
class BodiesIT {
    private static final String JSON = "application/json";

    private final Deployment deployment;
    private final InferenceClient client;

    BodiesIT(@Aggregated Deployment deployment) {
        this.deployment = deployment;
        client = new InferenceClient(deployment.recording().port());
    }

    @ParameterizedTest(name = "{0} bytes of prompt")
    @ValueSource(ints = {10, 31_000, 33_000, 62_000, 130_000, 4_000_000})
    void onlyTheTokenIdsAreNew(int promptBytes) {
        String odd = "{ \"model\" : \"qwen\",\n\t\"max_tokens\":4, \"metadata\":[1.10, \"\\u00e9\"],\r\n\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"" + text(promptBytes) + "\"}]  }\n";

        byte[] bytes = odd.getBytes(StandardCharsets.UTF_8);

        Recorded recorded = send(InferenceClient.CHAT, bytes, Headers.of());

        new SentBody(recorded.path(), bytes).assertSpliced(recorded);
    }

    @Test
    void aClientsOwnTokenDataIsLeftAlone() {
        ObjectNode body = Prompts.chat("qwen", 4, "s", "u");
        body.withObjectProperty("nvext").putArray("token_data").add(11).add(12).add(13);
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);

        Recorded recorded = send(InferenceClient.CHAT, bytes, Headers.of());

        assertThat(recorded.body()).isEqualTo(bytes);
        assertThat(deployment
                        .recording()
                        .admin()
                        .pick(recorded.headers().all("x-request-id").getFirst())
                        .promptTokens())
                .isEqualTo(3);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource({
        "/v1/unknown, application/json, ''",
        "/v1/audio/speech, application/json, ''",
        "/v1/audio/transcriptions, multipart/form-data; boundary=x, ''",
        "/v1/chat/completions, application/json, gzip",
        "/v1/unknown, application/octet-stream, ''"
    })
    void whatIsNotReadIsRoutedUntouched(String path, String contentType, String encoding) {
        byte[] bytes = new byte[200_000];
        new Random(7).nextBytes(bytes);
        Headers headers = encoding.isEmpty() ? Headers.NONE : Headers.of("content-encoding", encoding);

        String requestId = UUID.randomUUID().toString();
        HttpAnswer answer = client.post(
                path, bytes, headers.with("content-type", contentType).with("x-request-id", requestId));

        assertThat(answer.status()).isEqualTo(200);
        Recorded recorded = deployment.upstream().request(requestId);
        assertThat(recorded.body()).isEqualTo(bytes);
        assertThat(recorded.path()).isEqualTo(path);
        assertThat(recorded.headers().all("content-type")).containsExactly(contentType);
        assertThat(deployment.recording().admin().pick(requestId).mode()).isEqualTo("load-only");
    }

    @Test
    void theQueryOfAPathIsKept() {
        byte[] bytes = Prompts.chat("qwen", 4, "s", "u").toString().getBytes(StandardCharsets.UTF_8);

        Recorded recorded = send(InferenceClient.CHAT + "?a=b%20c&d", bytes, Headers.of());

        assertThat(recorded.path()).isEqualTo(InferenceClient.CHAT + "?a=b%20c&d");
        new SentBody(recorded.path(), bytes).assertSpliced(recorded);
    }

    @ParameterizedTest(name = "{0} bytes of prompt")
    @ValueSource(ints = {10, 200_000})
    void aBodyThatEndsWithTrailersArrivesWhole(int promptBytes) {
        String requestId = UUID.randomUUID().toString();
        byte[] bytes =
                Prompts.chat("qwen", 4, "s", text(promptBytes)).toString().getBytes(StandardCharsets.UTF_8);

        HttpAnswer answer = Http2Exchange.post(
                deployment.recording().port(),
                InferenceClient.CHAT,
                bytes,
                Headers.of("content-type", JSON, "x-request-id", requestId),
                Headers.of("x-checksum", "none"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("object").textValue()).isEqualTo("recorded");
        new SentBody(InferenceClient.CHAT, bytes)
                .assertSpliced(deployment.upstream().request(requestId));
    }

    @Test
    void theModelListComesFromTheFrontend() {
        HttpAnswer answer = deployment.client().get("/v1/models");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().at("/data/0/id").textValue()).isEqualTo(deployment.model());
    }

    @Test
    void aRequestIdIsMintedWhenAbsent() {
        byte[] bytes = Prompts.chat("qwen", 4, "s", "u").toString().getBytes(StandardCharsets.UTF_8);
        int before = deployment.upstream().count();

        HttpAnswer answer = client.post(InferenceClient.CHAT, bytes, Headers.of("content-type", JSON));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(deployment.upstream().count()).isEqualTo(before + 1);
        assertThat(deployment.upstream().last().headers().all("x-request-id"))
                .singleElement()
                .asString()
                .isNotBlank();
    }

    private Recorded send(String path, byte[] body, Headers more) {
        String requestId = UUID.randomUUID().toString();
        HttpAnswer answer =
                client.post(path, body, more.with("content-type", JSON).with("x-request-id", requestId));
        assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
        return deployment.upstream().request(requestId);
    }

    private static String text(int bytes) {
        String words = Prompts.text(bytes, bytes / 8 + 1) + " \u00fc\u4e16 ";
        return words.substring(0, Math.min(words.length(), bytes));
    }
}
