package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.TokenOracle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What kv-epp puts into a body are the token ids that the frontend itself would compute.
@ExtendWith(Deployments.class)
class TokenIdsIT {
    private static final String CORPUS = "/io/kvepp/preprocess/bodies.jsonl";
    private static final int BODIES_MIN = 60;

    /// A body of the corpus: it asks the KV frontend for its token ids.
    record Body(String name, String path, String text) {
        @Override
        public String toString() {
            return name;
        }

        /// The same as a request to be served: kv-epp would answer a query itself.
        String served() {
            return text.replace("query_instance_id:", "no_query:");
        }

        /// Whether the frontend reads `nvext.token_data` for it: not for token ids, nor for a list
        /// of prompts. Where an image, a video or audio stands in it, nothing is put into it.
        boolean takesTokenData() {
            return !Json.read(text).path("prompt").isArray() && !text.contains("_url") && !text.contains("input_audio");
        }
    }

    private final Deployment deployment;
    private final InferenceClient recording;

    TokenIdsIT(@Aggregated Deployment deployment) {
        this.deployment = deployment;
        recording = new InferenceClient(deployment.recording().port());
    }

    static List<Body> bodies() throws IOException {
        try (InputStream in = Objects.requireNonNull(TokenIdsIT.class.getResourceAsStream(CORPUS), CORPUS)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(Json::read)
                    .map(line -> new Body(
                            line.required("name").textValue(),
                            line.required("path").textValue(),
                            line.required("body").textValue()))
                    .toList();
        }
    }

    @Test
    void theCorpusIsLarge() throws IOException {
        assertThat(bodies()).hasSizeGreaterThanOrEqualTo(BODIES_MIN);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void theIdsAreThoseOfTheFrontend(Body body) {
        TokenOracle.Answer oracle = deployment.oracle().askAsItIs(body.path(), body.text());

        Completion recorded = recording.complete(body.path(), body.served());

        if (oracle.status() != 200) {
            assertThat(recorded.status()).as("%s", body).isEqualTo(oracle.status());
            return;
        }
        assertThat(recorded.status()).as("%s", body).isEqualTo(200);
        JsonNode injected = tokenData(recorded.requestId());
        if (body.takesTokenData()) {
            assertThat(injected.isArray())
                    .as("%s: kv-epp injects token ids", body)
                    .isTrue();
            assertThat(Json.ints(injected)).as("%s", body).containsExactly(oracle.tokenIds());
        } else {
            assertThat(injected.isMissingNode())
                    .as("%s: no token ids injected", body)
                    .isTrue();
        }
        assertThat(deployment.recording().admin().pick(recorded.requestId()).promptTokens())
                .as("%s: prompt tokens", body)
                .isEqualTo(oracle.tokenIds().length);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void theFrontendTakesThem(Body body) {
        TokenOracle.Answer oracle = deployment.oracle().askAsItIs(body.path(), body.text());

        Completion answer = deployment.client().complete(body.path(), body.served());

        assertThat(answer.status()).as("%s: %s", body, answer.events()).isEqualTo(oracle.status());
        if (oracle.status() == 200) {
            assertThat(answer.isGood()).as("%s: %s", body, answer.events()).isTrue();
            assertThat(deployment.gateway().admin().pick(answer.requestId()).promptTokens())
                    .isEqualTo(oracle.tokenIds().length);
            if (!Json.read(body.text()).path("stream").asBoolean()) {
                assertThat(answer.promptTokens()).as("usage.prompt_tokens").isEqualTo(oracle.tokenIds().length);
            }
        }
    }

    /// What the upstream found at `nvext.token_data`.
    private JsonNode tokenData(String requestId) {
        return Json.read(deployment.upstream().request(requestId).text()).at("/nvext/token_data");
    }
}
