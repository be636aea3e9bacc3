package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.testing.Parsing;
import io.kvepp.testing.RequestParsers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingsApiTest {
    private final Parsing api = Parsing.of("/v1/embeddings");

    @Test
    void inputsComeInFourForms() {
        assertThat(input("\"a\"")).isEqualTo(new Prompt.EmbeddedTexts(List.of("a"), true, null));
        assertThat(input("[\"a\",\"b\"]")).isEqualTo(new Prompt.EmbeddedTexts(List.of("a", "b"), true, null));
        assertThat(((Prompt.TokenIds) input("[1,2]")).tokenIds()).containsExactly(1, 2);
        assertThat(((Prompt.TokenIdLists) input("[[1],[2,3]]")).lists()).hasSize(2);
    }

    @Test
    void specialTokensAreAroundTextsAsTheClientOrElseTheFrontendSays() {
        Parsing bare = new Parsing(api.path(), RequestParsers.all(new BodyConfig(false, true, false, false)));
        String body = "{\"model\":\"m\",\"input\":\"a\"";
        for (String unsaid : List.of("}", ",\"add_special_tokens\":null}")) {
            assertThat(framed(api, body + unsaid)).isTrue();
            assertThat(framed(bare, body + unsaid)).isFalse();
        }
        for (Parsing parsing : List.of(api, bare)) {
            assertThat(framed(parsing, body + ",\"add_special_tokens\":true}")).isTrue();
            assertThat(framed(parsing, body + ",\"add_special_tokens\":false}")).isFalse();
        }
    }

    private static boolean framed(Parsing parsing, String body) {
        return ((Prompt.EmbeddedTexts) parsing.request(body).prompt()).specialTokens();
    }

    @Test
    void tokenIdsNeverGoIntoThem() {
        InferenceRequest request = api.request(
                "{\"model\":\"m\",\"input\":\"a\",\"add_special_tokens\":false,\"truncate_prompt_tokens\":3,\"nvext\":{\"token_data\":[1],\"x\":1}}");
        assertThat(request.prompt()).isEqualTo(new Prompt.EmbeddedTexts(List.of("a"), false, 3L));
        assertThat(request.tokenDataTarget()).isNull();
        assertThat(request.clientTokenData()).isNull();
        assertThat(api.request("{\"model\":\"m\",\"input\":\"a\",\"other\":1}").tokenDataTarget())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"input\":5",
                "\"input\":null",
                "\"x\":1",
                "\"input\":\"a\",\"dimensions\":-1",
                "\"input\":\"a\",\"encoding_format\":\"hex\"",
                "\"input\":\"a\",\"nvext\":{\"annotations\":[1]}"
            })
    void otherTypesAreRefused(String fields) {
        assertThat(api.refusal("{\"model\":\"m\"," + fields + "}"))
                .startsWith("Failed to deserialize the JSON body into the target type: ");
    }

    @Test
    void aTruncationToLessThanNothingIsRefused() {
        assertThat(api.refusal("{\"model\":\"m\",\"input\":[1],\"truncate_prompt_tokens\":-2}"))
                .isEqualTo("Invalid request: truncate_prompt_tokens: -2 (expected: >= -1)");
    }

    private Prompt input(String json) {
        return api.request("{\"model\":\"m\",\"input\":" + json + "}").prompt();
    }
}
