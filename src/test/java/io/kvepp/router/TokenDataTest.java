package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The token ids that the frontend finds in the body.
class TokenDataTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROMPT = "<|im_start|>user\nWhat is a prefix?<|im_end|>\n<|im_start|>assistant\n";

    @TempDir
    Path folder;

    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        cards = aggregated("m").files(WarmUpModel.in(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"nvext\":{}", ",\"nvext\":{\"annotations\":[\"a\"]}", ",\"nvext\":null"})
    void theIdsOfTheRenderedChatAreSplicedInAndNothingElseChanges(String nvext) throws IOException {
        try (RouterFixture fixture = new RouterFixture(folder)) {
            fixture.serve(cards.on(1));
            String body = RouterFixture.chatBody("m", "What is a prefix?", nvext + ", \"temperature\" : 1.50");
            JsonNode sent = JSON.readTree(edited(
                    body,
                    fixture.route(fixture.post("/v1/chat/completions", body)).body()));

            assertThat(decoded(sent.at("/nvext/token_data"))).isEqualTo(PROMPT);
            assertThat(sent.get("messages")).isEqualTo(JSON.readTree(body).get("messages"));
            assertThat(sent.get("temperature").asText()).isEqualTo("1.5");
            assertThat(sent.at("/nvext/annotations"))
                    .isEqualTo(JSON.readTree(body).at("/nvext/annotations"));
        }
    }

    @Test
    void theClientsOwnIdsAreLeftAloneAndDecideThePick() {
        try (RouterFixture fixture = new RouterFixture(folder)) {
            fixture.serve(cards.on(1), cards.on(2));
            int[] ids = IntStream.range(0, 64).toArray();
            String list = IntStream.of(ids).mapToObj(String::valueOf).collect(Collectors.joining(","));
            fixture.hold(2, cards.card(), ids, 4);
            PickRequest request = fixture.post(
                    "/v1/chat/completions",
                    RouterFixture.chatBody("m", "hello", ",\"nvext\":{\"token_data\":[" + list + "]}"));

            PickResult.Routed routed = fixture.route(request);

            assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
            assertThat(workers(routed)).isEqualTo("2");
        }
    }

    @Test
    void aPromptOfIdsIsLeftAlone() {
        try (RouterFixture fixture = new RouterFixture(folder)) {
            fixture.serve(cards.on(1));

            assertThat(fixture.route(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3]}"))
                            .body())
                    .isEqualTo(BodyEdit.NONE);
        }
    }

    @Test
    void theIdsOfAPromptBeyondTheContextAreGivenThoughNobodyIsAskedForThem() throws IOException {
        try (RouterFixture fixture = RouterFixture.withTheOtherChoices(folder)) {
            fixture.serve(cards.contextOf(4).on(1));
            String body = RouterFixture.chatBody("m", "What is a prefix?", "");
            PickRequest request = fixture.post("/v1/chat/completions", body);
            JsonNode sent = JSON.readTree(edited(body, fixture.route(request).body()));

            assertThat(decoded(sent.at("/nvext/token_data"))).isEqualTo(PROMPT);
            assertThat(fixture.inspection()
                            .explanation(request.requestId())
                            .orElseThrow()
                            .mode())
                    .isEqualTo("load-only");
        }
    }

    @Test
    void idsOfAClientAreRefusedWhereTheyAreNotWanted() throws IOException {
        String body = RouterFixture.chatBody("m", "hello", ", \"nvext\": {\"token_data\": [1]}");
        try (RouterFixture fixture = RouterFixture.withTheOtherChoices(folder)) {
            fixture.serve(cards.on(1));

            assertThat(fixture.pick(fixture.post("/v1/chat/completions", body)))
                    .isEqualTo(new PickResult.Rejected(
                            RejectReason.MALFORMED, "nvext.token_data: given (expected: none)", "nvext.token_data"));
        }
        try (RouterFixture fixture = new RouterFixture(folder)) {
            fixture.serve(cards.on(1));

            assertThat(fixture.route(fixture.post("/v1/chat/completions", body)).body())
                    .isEqualTo(BodyEdit.NONE);
        }
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        try (RouterFixture fixture = new RouterFixture(folder)) {
            fixture.serve(cards.on(1));

            assertThat(fixture.pick(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,4294967295]}")))
                    .isInstanceOfSatisfying(
                            PickResult.Rejected.class,
                            rejected -> assertThat(rejected.message())
                                    .startsWith("Invalid request: prompt token id 4294967295 is out of range"));
        }
    }

    @Test
    void withoutInjectionThePickIsTheSameAndTheBodyPasses() {
        try (RouterFixture fixture = new RouterFixture(folder, false, 1)) {
            fixture.serve(cards.on(1), cards.on(2));
            PickRequest request = fixture.chat("m", "a question that is long enough for two blocks of tokens");
            fixture.hold(2, cards.card(), fixture.tokenIds(request, cards.card()), 2);

            PickResult.Routed routed = fixture.route(request);

            assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
            assertThat(workers(routed)).isEqualTo("2");
        }
    }

    private static byte[] edited(String body, BodyEdit edit) {
        byte[] before = body.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream after = new ByteArrayOutputStream();
        after.write(before, 0, edit.offset());
        after.writeBytes(edit.replacement());
        int rest = edit.offset() + edit.length();
        after.write(before, rest, before.length - rest);
        return after.toByteArray();
    }

    /// The text of ids, by the vocabulary of the tokenizer file itself.
    private String decoded(JsonNode ids) throws IOException {
        JsonNode file = JSON.readTree(folder.resolve("tokenizer.json").toFile());
        Map<Integer, String> pieces = new HashMap<>();
        file.at("/model/vocab")
                .properties()
                .forEach(entry -> pieces.put(entry.getValue().asInt(), entry.getKey()));
        file.get("added_tokens")
                .forEach(token ->
                        pieces.put(token.get("id").asInt(), token.get("content").asText()));
        return StreamSupport.stream(ids.spliterator(), false)
                .map(id -> pieces.get(id.asInt()))
                .collect(Collectors.joining())
                .replace('\u0120', ' ')
                .replace('\u010A', '\n');
    }
}
