package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The shapes are those that the frontend of Dynamo 1.6.1 answered with in KV mode.
class QueryAnswerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String QUERY = ",\"max_tokens\":4,\"nvext\":{\"annotations\":[\"query_instance_id:\"]}";
    private static final String ONE_WORKER = "\"worker_id\":{\"prefill_worker_id\":18446744073709551615,"
            + "\"prefill_dp_rank\":0,\"decode_worker_id\":18446744073709551615,\"decode_dp_rank\":0}";

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        cards = aggregated("m").alsoCalled("alias").files(WarmUpModel.in(folder));
        fixture.serve(cards.on(-1));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aChatIsAnsweredWithAnEmptyMessage() throws IOException {
        PickRequest request = chat("");
        String ids = Arrays.toString(fixture.tokenIds(request, cards.card())).replace(" ", "");

        assertAnswer(
                request,
                "application/json",
                "{\"id\":\"chatcmpl-request-1\",\"choices\":[{\"index\":0,\"message\":{\"content\":null,"
                        + "\"refusal\":null,\"role\":\"assistant\"},\"finish_reason\":null,\"logprobs\":null}],"
                        + "\"created\":1700000000,\"model\":\"alias\",\"object\":\"chat.completion\",\"nvext\":{"
                        + ONE_WORKER + ",\"token_ids\":" + ids + "}}");
    }

    @Test
    void aStreamedChatIsAnsweredWithOneChunk() throws IOException {
        PickRequest request = chat(",\"stream\":true");
        String ids = Arrays.toString(fixture.tokenIds(request, cards.card())).replace(" ", "");

        assertAnswer(
                request,
                "text/event-stream",
                "data: {\"id\":\"chatcmpl-request-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
                        + "\"finish_reason\":null,\"logprobs\":null}],\"created\":1700000000,\"model\":\"alias\","
                        + "\"object\":\"chat.completion.chunk\",\"nvext\":{" + ONE_WORKER + ",\"token_ids\":" + ids
                        + "}}\n\ndata: [DONE]\n\n");
    }

    @Test
    void aCompletionIsAnsweredWithItsOwnIds() throws IOException {
        assertAnswer(
                fixture.post("/v1/completions?x=1", "{\"model\":\"m\",\"prompt\":[5,6]" + QUERY + "}"),
                "application/json",
                "{\"id\":\"cmpl-request-1\",\"choices\":[{\"text\":\"\",\"index\":0}],\"created\":1700000000,"
                        + "\"model\":\"m\",\"system_fingerprint\":null,\"object\":\"text_completion\",\"usage\":null,"
                        + "\"nvext\":{" + ONE_WORKER + ",\"token_ids\":[5,6]}}");
    }

    @Test
    void bothWorkersAreNamedWhereThereAreTwo() throws IOException {
        fixture.serve(
                prefill("m").files(cards.files()).on(7),
                decode("m").files(cards.files()).on(8));

        PickResult.Answered answered = (PickResult.Answered)
                fixture.pick(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[5]" + QUERY + "}"));

        assertThat(JSON.readTree(answered.body()).at("/nvext/worker_id").toString())
                .isEqualTo(
                        "{\"prefill_worker_id\":7,\"prefill_dp_rank\":0,\"decode_worker_id\":8,\"decode_dp_rank\":0}");
    }

    @Test
    void aPromptNobodyReadHasNoIds() throws IOException {
        fixture.announce(
                cards.on(9), aggregated("late").files(WarmUpModel.in(folder)).on(10));

        PickResult.Answered answered = (PickResult.Answered)
                fixture.pick(fixture.post("/v1/chat/completions", RouterFixture.chatBody("late", "hi", QUERY)));

        assertThat(JSON.readTree(answered.body())
                        .at("/nvext/worker_id/decode_worker_id")
                        .longValue())
                .isEqualTo(10);
        assertThat(JSON.readTree(answered.body()).at("/nvext").has("token_ids")).isFalse();
    }

    @Test
    void aQueryNeitherBooksNorBindsNorTakesATurn() {
        for (int i = 0; i < 3; i++) {
            fixture.pick(fixture.post(
                    "/v1/completions", "{\"model\":\"m\",\"prompt\":[5]" + QUERY + "}", "x-dynamo-session-id", "s"));
        }

        assertThat(fixture.active.reservations()).isZero();
        assertThat(fixture.sent).isEmpty();
        assertThat(fixture.sessions.bound()).isZero();
        assertThat(fixture.inspection().explanations(9)).isEmpty();
    }

    @Test
    void aResponseIsAnsweredWithAnEmptyMessage() throws IOException {
        PickRequest request = response("");
        PickResult.Answered answered = (PickResult.Answered) fixture.pick(request);
        JsonNode answer = JSON.readTree(answered.body());

        assertThat(answered.contentType()).isEqualTo("application/json");
        assertThat(answer.at("/output").toString())
                .isEqualTo("[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],"
                        + "\"logprobs\":[],\"text\":\"\"}],\"id\":\"msg_request-1\",\"role\":\"assistant\","
                        + "\"status\":\"completed\"}]");
        assertThat(answer.path("id").textValue()).isEqualTo("resp_request-1");
        assertThat(answer.path("model").textValue()).isEqualTo("m");
        assertThat(answer.path("created_at").longValue()).isEqualTo(1_700_000_000);
        assertThat(answer.path("object").textValue()).isEqualTo("response");
        assertThat(answer.path("status").textValue()).isEqualTo("completed");
        assertThat(answer.path("nvext").toString())
                .isEqualTo("{" + ONE_WORKER + ",\"token_ids\":"
                        + Arrays.toString(fixture.tokenIds(request, cards.card()))
                                .replace(" ", "") + "}");
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void anApiWhoseAnswerHasNoRoomForTheWorkersRefusesTheQuery() {
        PickRequest message = fixture.post("/v1/messages", RouterFixture.chatBody("m", "hi", QUERY));

        for (PickRequest request : List.of(response(",\"stream\":true"), message)) {
            assertThat(fixture.pick(request))
                    .isEqualTo(new PickResult.Rejected(
                            RejectReason.MALFORMED,
                            "nvext.annotations: query_instance_id (expected: in chat completions, completions, and"
                                    + " responses that are not streamed)",
                            "nvext.annotations"));
        }
    }

    private PickRequest response(String more) {
        return fixture.post(
                "/v1/responses",
                "{\"model\":\"m\",\"input\":\"hi\",\"nvext\":{\"annotations\":[\"query_instance_id:\"]}" + more + "}");
    }

    private PickRequest chat(String more) {
        return fixture.post("/v1/chat/completions", RouterFixture.chatBody("alias", "hello there", QUERY + more));
    }

    private void assertAnswer(PickRequest request, String contentType, String body) {
        assertThat(fixture.pick(request)).isEqualTo(new PickResult.Answered(contentType, body));
    }
}
