package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests whose prompt is not read go to whoever is least busy, untouched.
class LoadOnlyPickTest {
    private static final byte[] JSON_BODY =
            RouterFixture.chatBody("m", "hello", "").getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        cards = aggregated("m").files(WarmUpModel.in(folder));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void bodiesThatNobodyReadsHaveAReasonEach() {
        fixture.serve(cards.on(1));
        byte[] odd = "{\"model\":\"m\",\"prompt\":\"\",\"prompt_embeds\":\"AA\"}".getBytes(StandardCharsets.UTF_8);

        assertLoadOnly("path", fixture.request("POST", "/v1/audio/speech", "application/json", JSON_BODY));
        assertLoadOnly(
                "encoding",
                fixture.request("POST", "/v1/completions", "application/json", JSON_BODY, "content-encoding", "gzip"));
        assertLoadOnly("empty", fixture.request("POST", "/v1/completions", "application/json", new byte[0]));
        assertLoadOnly("unsupported", fixture.request("POST", "/v1/completions", "application/json", odd));
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "", "multipart/form-data; boundary=x"})
    void whereJsonIsTakenAnythingElseIsRefused(String contentType) {
        fixture.serve(cards.on(1));

        assertThat(fixture.pick(fixture.request("POST", "/v1/completions", contentType, JSON_BODY)))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.UNSUPPORTED_MEDIA_TYPE));
    }

    @Test
    void aBodyThatTheGatewayDoesNotShowIsRoutedByLoad() {
        fixture.serve(cards.on(1));

        assertLoadOnly(
                "unseen", new PickRequest("id", "POST", "/v1/chat/completions", List.of(), new byte[0], true, null));
    }

    @Test
    void aModelThatIsStillLoadingIsRoutedByLoad() {
        fixture.announce(cards.on(1));

        assertLoadOnly("loading", fixture.chat("m", "hello"));
    }

    @Test
    void aModelThatCannotBeLoadedIsRoutedByLoad() {
        fixture.serve(cards.files(ModelFiles.NONE).on(1));

        assertLoadOnly("unsupported", fixture.chat("m", "hello"));
    }

    @Test
    void aPromptThatIsBeyondWhatIsRenderedHereIsRoutedByLoad() throws IOException {
        fixture.serve(cards.files(withTemplate("{% include 'another.jinja' %}")).on(1));

        assertLoadOnly("unprepared", fixture.chat("m", "hello"));
    }

    @Test
    void aPromptLongerThanTheModelTakesIsRoutedByLoadIfItIsNotRefused() {
        try (RouterFixture lenient = RouterFixture.withTheOtherChoices(folder)) {
            lenient.serve(cards.contextOf(4).on(1));
            PickRequest request = lenient.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3,4,5]}");

            lenient.route(request);

            assertThat(lenient.inspection()
                            .explanation(request.requestId())
                            .orElseThrow()
                            .why())
                    .contains("too-long");
        }
    }

    @Test
    void aPromptLongerThanTheModelTakesIsRefusedWithBothNumbers() {
        fixture.serve(cards.contextOf(4).on(1));

        assertThat(fixture.pick(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3,4,5]}")))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.CONTEXT_LENGTH,
                        "This model's maximum context length is 4 tokens. However, your messages resulted in 5"
                                + " tokens. Please reduce the length of the messages.",
                        null,
                        Map.of("limit", 4L, "actual", 5L)));
        PickRequest fits = fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3,4]}");
        fixture.route(fits);
        assertThat(fixture.inspection()
                        .explanation(fits.requestId())
                        .orElseThrow()
                        .mode())
                .isEqualTo("aggregated");
    }

    @Test
    void aPromptOfMoreTokensThanAreHashedIsRefusedByAModelThatTakesLess() {
        String text = ("\u4e2d".repeat(1_000) + " ").repeat(1_500);
        PickRequest request = fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":\"" + text + "\"}");
        fixture.serve(cards.contextOf(4).on(1));

        List<PickResult> results = new ArrayList<>();
        fixture.router().pick(request, results::add);
        fixture.pickTasks.remove().run();

        assertThat(results).singleElement().isInstanceOfSatisfying(PickResult.Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo(RejectReason.CONTEXT_LENGTH);
            assertThat(rejected.details().get("actual")).isGreaterThan(4L << 20);
        });
    }

    @Test
    void aPromptThatIsNotTokenizedIsRefusedByAModelThatSurelyTakesLess() {
        fixture.serve(cards.contextOf(4).on(1));
        String word = "x".repeat((1 << 20) + 1);

        PickRequest request = fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":\"" + word + "\"}");
        List<PickResult> results = new ArrayList<>();
        fixture.router().pick(request, results::add);
        fixture.pickTasks.remove().run();

        assertThat(results).singleElement().isInstanceOfSatisfying(PickResult.Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo(RejectReason.CONTEXT_LENGTH);
            assertThat(rejected.details().get("actual")).isBetween(5L, (long) word.length());
        });
    }

    @Test
    void oneOfSeveralPromptsThatIsTooLongIsRefusedOrTheFirstIsRouted() {
        String several = "{\"model\":\"m\",\"prompt\":[[1,2],[1,2,3,4,5]]}";
        fixture.serve(cards.contextOf(4).on(1));

        assertThat(fixture.pick(fixture.post("/v1/completions", several)))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.details()).isEqualTo(Map.of("limit", 4L, "actual", 5L)));
        try (RouterFixture lenient = RouterFixture.withTheOtherChoices(folder)) {
            lenient.serve(cards.contextOf(4).on(1));
            PickRequest request = lenient.post("/v1/completions", several);
            lenient.route(request);
            assertThat(lenient.inspection()
                            .explanation(request.requestId())
                            .orElseThrow()
                            .promptTokens())
                    .isEqualTo(2);
        }
    }

    @Test
    void aPromptThatTheTemplateRefusesIsMalformed() throws IOException {
        fixture.serve(
                cards.files(withTemplate("{{ raise_exception('roles') }}")).on(1));

        assertThat(fixture.pick(fixture.chat("m", "hello")))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MALFORMED,
                        "Invalid request: messages are refused by the model's chat template",
                        null));
    }

    @Test
    void theLeastBusyWorkerTakesIt() {
        fixture.serve(cards.on(1), cards.on(2));
        PickResult.Routed first = fixture.route(fixture.chat("m", "a prompt of some length".repeat(20)));
        PickResult.Routed second = fixture.route(fixture.request("POST", "/v1/audio/speech", "", JSON_BODY));

        assertThat(workers(second)).isNotEqualTo(workers(first));
    }

    @Test
    void ofSeveralModelsTheOneWithTheLeastBusyWorkerTakesIt() {
        fixture.serve(cards.on(1), aggregated("n").files(cards.files()).on(2));
        fixture.route(fixture.chat("m", "a prompt of some length".repeat(20)));

        assertThat(workers(fixture.route(fixture.request("POST", "/v1/audio/speech", "", JSON_BODY))))
                .isEqualTo("2");
    }

    @Test
    void aBodyNobodyReadStillCountsAsWork() {
        fixture.serve(cards.on(1));
        fixture.route(fixture.request("POST", "/v1/audio/speech", "", new byte[400]));

        assertThat(fixture.inspection().workers().getFirst().activePrefillTokens())
                .isEqualTo(100);
        assertThat(fixture.inspection().workers().getFirst().activeDecodeBlocks())
                .isEqualTo(6);
    }

    @Test
    void withoutAnyWorkerThatServesThereIsNone() {
        fixture.serve(prefill("m").files(cards.files()).on(1));

        assertThat(fixture.pick(fixture.request("POST", "/v1/audio/speech", "", JSON_BODY)))
                .isEqualTo(new PickResult.Rejected(RejectReason.NO_WORKERS, "no workers are ready", null));
    }

    private void assertLoadOnly(String reason, PickRequest request) {
        double before = counted(reason);
        PickResult.Routed routed = fixture.route(request);

        assertThat(workers(routed)).isEqualTo("1");
        assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
        assertThat(counted(reason)).as("load_only_requests " + reason).isEqualTo(before + 1);
        assertThat(fixture.inspection().explanation(request.requestId())).hasValueSatisfying(explanation -> {
            assertThat(explanation.mode()).isEqualTo("load-only");
            assertThat(explanation.why()).isEqualTo("least loaded; prompt not read: " + reason);
        });
    }

    private double counted(String reason) {
        String start = "kv_epp_load_only_requests_total{reason=\"" + reason + "\"} ";
        return fixture.metrics
                .scrape()
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
                .sum();
    }

    private ModelFiles withTemplate(String template) throws IOException {
        Path file = Files.writeString(folder.resolve("chat_template.jinja"), template);
        ModelFiles files = cards.files();
        return new ModelFiles(
                files.config(),
                files.tokenizer(),
                files.tokenizerConfig(),
                new FileReference(file.toString(), null, -1),
                List.of());
    }
}
