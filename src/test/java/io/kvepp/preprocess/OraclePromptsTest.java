package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.ParseResult;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.OracleFolder.Golden;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.jinja.JinjaTemplate;
import io.kvepp.worker.card.Renderer;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// For every template and request of the oracle, this process makes the text and the token ids that
/// the real frontend made, and none where that one refused.
class OraclePromptsTest {
    /// Requests that the frontend refuses and that are beyond what is rendered here.
    private static final Set<String> LEFT_TO_THE_FRONTEND = Set.of("include");

    /// Models that the frontend serves although it has none of the templates it asks for: it
    /// refuses every chat, and here no chat is prepared.
    private static final Set<String> SERVED_WITHOUT_A_TEMPLATE =
            Set.of("source-list-hf-names", "python-commandr-named-templates");

    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int FOLDERS_MIN = 60;
    private static final int PROMPTS_MIN = 5;

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2031-05-09T12:00:00Z"), ZoneOffset.UTC);

    private static PreprocessorLoader loader;

    @BeforeAll
    static void openStore() {
        // Nothing is downloaded or counted here, and the store needs neither when it reads local files.
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            ModelFilesConfig config = new ModelFilesConfig(Path.of("."), 1 << 20, Duration.ofSeconds(5));
            loader = new PreprocessorLoader(
                    new ModelFileStore(config, client, metrics), CLOCK, false, Renderer.MINIJINJA);
        }
    }

    static List<OracleFolder> folders() {
        return OracleFolder.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("folders")
    void promptsAreThoseOfTheFrontend(OracleFolder folder) throws Exception {
        Preprocessor preprocessor = load(folder);
        OracleVocabulary vocabulary = new OracleVocabulary(folder.tokenizer(), folder.tokenizerConfig());
        Map<String, ParseResult> requests = folder.requests();
        List<String> differences = new ArrayList<>();
        List<Golden> goldens = folder.goldens();
        for (Golden golden : goldens) {
            PreprocessResult result = preprocessor == null
                    ? null
                    : switch (Objects.requireNonNull(requests.get(golden.name()), golden.name())) {
                        case ParseResult.Parsed(var request) -> preprocessor.preprocess(request);
                        case ParseResult.Malformed(var message, var _) -> new Invalid(message);
                        case ParseResult.Unparsed unparsed -> new Unprepared(unparsed.toString());
                    };
            String difference = result == null ? null : difference(golden, folder, vocabulary, result);
            if (difference != null) {
                differences.add(golden.name() + ": " + difference);
            }
        }
        assertThat(goldens).extracting(Golden::name).containsExactlyElementsOf(requests.keySet());
        // The frontend serves no model whose template it cannot read, and what it can read we do.
        if (!SERVED_WITHOUT_A_TEMPLATE.contains(folder.name())) {
            assertThat(goldens).allMatch(golden -> golden.status() == NOT_FOUND == (preprocessor == null));
        }
        assertThat(differences).isEmpty();
    }

    private static @Nullable Preprocessor load(OracleFolder folder) {
        try {
            return loader.load(folder.card());
        } catch (ModelLoadException e) {
            return null;
        }
    }

    private static @Nullable String difference(
            Golden golden, OracleFolder folder, OracleVocabulary vocabulary, PreprocessResult result) throws Exception {
        if (golden.text() == null) {
            return refusal(golden, result);
        }
        if (!(result instanceof Tokens(var ids, var _))) {
            return result + ", not <" + golden.text() + ">";
        }
        String text = vocabulary.text(ids);
        if (!text.equals(dated(golden.text(), folder))) {
            return "made <" + text + ">, not <" + golden.text() + ">";
        }
        return golden.ids() == null || Arrays.equals(ids, golden.ids()) ? null : "made other ids";
    }

    private static @Nullable String refusal(Golden golden, PreprocessResult result) {
        if (LEFT_TO_THE_FRONTEND.contains(golden.name())) {
            return result instanceof Unprepared ? null : result + ", not left to the frontend";
        }
        return golden.status() == BAD_REQUEST
                        && result instanceof Invalid(var message)
                        && FrontendWords.areSame(message, Objects.requireNonNull(golden.message()))
                ? null
                : result + ", not " + golden.status() + " " + golden.message();
    }

    @Test
    void manyPromptsOfManyTemplatesAreRecorded() {
        assertThat(folders())
                .filteredOn(folder -> folder.goldens().stream()
                                .filter(golden -> golden.text() != null)
                                .count()
                        >= PROMPTS_MIN)
                .hasSizeGreaterThanOrEqualTo(FOLDERS_MIN);
    }

    /// Elsewhere the frontend's own cache of token ids changes none.
    @Test
    void theFrontendsCacheChangesIdsOfTokensThatSwallowWhiteSpace() {
        assertThat(folders())
                .filteredOn(folder ->
                        OracleFolder.text(folder.path().resolve("golden.jsonl")).contains("\"cachedIds\":"))
                .extracting(OracleFolder::name)
                .containsExactly("phi35-rstrip-tokens");
    }

    /// The text with the dates of this test's day.
    private static String dated(String text, OracleFolder folder) throws Exception {
        String result = text;
        for (String format : folder.dateFormats()) {
            String date = JinjaTemplate.compile("{{ strftime_now(form) }}", JinjaSettings.chat(CLOCK, CLOCK.getZone()))
                    .render(Map.of("form", format));
            result = result.replace("{" + format + "}", date);
        }
        return result;
    }
}
