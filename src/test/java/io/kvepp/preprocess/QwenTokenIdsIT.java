package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.RecordedPrompts.Recorded;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.Renderer;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Token ids are compared with those a real frontend once gave for the real tokenizer and template
/// of Qwen2.5. Skipped on a machine without npm, where these files cannot be fetched.
@ExtendWith(Deployments.class)
class QwenTokenIdsIT {
    private static Preprocessor preprocessor;

    @BeforeAll
    static void load(RealParts parts) throws Exception {
        assumeThat(parts.modelKind()).isEqualTo("qwen2.5");
        Path folder = parts.model();
        ModelFilesConfig config = new ModelFilesConfig(folder, 64 << 20, Duration.ofSeconds(5));
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            PreprocessorLoader loader = new PreprocessorLoader(
                    new ModelFileStore(config, client, metrics), Clock.systemUTC(), false, Renderer.MINIJINJA);
            preprocessor = loader.load(RecordedPrompts.card(new ModelFiles(
                    null,
                    RecordedPrompts.file(folder + "/tokenizer.json"),
                    RecordedPrompts.file(folder + "/tokenizer_config.json"),
                    null,
                    List.of())));
        }
    }

    static List<Recorded> bodies() {
        return RecordedPrompts.read("bodies.jsonl");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void theIdsAreThoseOfTheFrontend(Recorded recorded) {
        InferenceRequest request = Objects.requireNonNull(recorded.request());
        PreprocessResult result = preprocessor.preprocess(request);
        if (recorded.tokenIds() == null) {
            assertThat(result).isNotInstanceOf(Tokens.class);
            return;
        }
        assertThat(result)
                .isInstanceOfSatisfying(
                        Tokens.class, tokens -> assertThat(tokens.tokenIds()).containsExactly(recorded.tokenIds()));
    }
}
