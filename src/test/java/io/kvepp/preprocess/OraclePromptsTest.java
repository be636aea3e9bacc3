package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.OracleFolder.Golden;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// For every template and request of the oracle, this process makes the text and the token ids that
/// the real frontend made, and none where that one refused.
class OraclePromptsTest {
    /// Requests that the frontend refuses and that are beyond what is rendered here.
    private static final Set<String> LEFT_TO_THE_FRONTEND = Set.of("include");

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
        Map<String, @Nullable InferenceRequest> requests = folder.requests();
        List<String> differences = new ArrayList<>();
        List<Golden> goldens = folder.goldens();
        for (Golden golden : goldens) {
            InferenceRequest request = requests.get(golden.name());
            PreprocessResult result = request == null || preprocessor == null ? null : preprocessor.preprocess(request);
            String difference = difference(golden, folder, vocabulary, result);
            if (difference != null) {
                differences.add(golden.name() + ": " + difference);
            }
        }
        assertThat(goldens).extracting(Golden::name).containsExactlyElementsOf(requests.keySet());
        if (preprocessor != null) {
            assertThat(goldens).extracting(Golden::status).doesNotContain(404);
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
            Golden golden, OracleFolder folder, OracleVocabulary vocabulary, @Nullable PreprocessResult result)
            throws Exception {
        if (golden.text() == null) {
            boolean refused = result == null || result instanceof Invalid;
            return refused || LEFT_TO_THE_FRONTEND.contains(golden.name()) ? null : result + ", not a refusal";
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
