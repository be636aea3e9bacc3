package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.RoutingHints;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.OracleFolder.Golden;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.Renderer;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// With the renderer `transformers`, the templates and requests of the oracle make the prompts that
/// jinja2 was recorded to make; see the README beside the recordings.
class TransformersPromptsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2031-05-09T12:00:00Z"), ZoneOffset.UTC);
    private static final int FOLDERS_MIN = 60;
    private static final int PROMPTS_MIN = 1000;
    private static final int PYTHON_FOLDERS_MIN = 7;
    private static final int PYTHON_PROMPTS_MIN = 10;

    private static Map<String, JsonNode> recorded() throws Exception {
        Map<String, JsonNode> recorded = new HashMap<>();
        for (String line : RecordedPrompts.text("jinja2/chats.jsonl").strip().split("\n", -1)) {
            JsonNode folder = MAPPER.readTree(line);
            recorded.put(folder.get("folder").textValue(), folder.get("outputs"));
        }
        return recorded;
    }

    static List<OracleFolder> folders() {
        return OracleFolder.all();
    }

    @Test
    void manyChatsAreRecorded() throws Exception {
        int prompts = 0;
        for (JsonNode outputs : recorded().values()) {
            for (JsonNode output : outputs) {
                prompts += output.isNull() ? 0 : 1;
            }
        }
        assertThat(recorded()).hasSizeGreaterThanOrEqualTo(FOLDERS_MIN);
        assertThat(prompts).isGreaterThanOrEqualTo(PROMPTS_MIN);
    }

    /// Templates for jinja2 are compared by what it makes of them, not by its refusals.
    @Test
    void jinja2MakesPromptsOfTheTemplatesThatAreForIt() throws Exception {
        Map<String, JsonNode> recorded = recorded();
        recorded.keySet().removeIf(name -> !name.startsWith("python-"));
        assertThat(recorded).hasSizeGreaterThanOrEqualTo(PYTHON_FOLDERS_MIN);
        assertThat(recorded.values())
                .allSatisfy(outputs -> assertThat(outputs)
                        .filteredOn(output -> !output.isNull())
                        .hasSizeGreaterThanOrEqualTo(PYTHON_PROMPTS_MIN));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("folders")
    void promptsAreThoseOfJinja2(OracleFolder folder) throws Exception {
        JsonNode outputs = Objects.requireNonNull(recorded().get(folder.name()), "no recording of this folder");
        Preprocessor preprocessor = load(folder);
        OracleVocabulary vocabulary = new OracleVocabulary(folder.tokenizer(), folder.tokenizerConfig());
        Map<String, @Nullable String> frontend = new HashMap<>();
        for (Golden golden : folder.goldens()) {
            frontend.put(golden.name(), golden.text());
        }
        List<String> differences = new ArrayList<>();
        if (preprocessor == null) {
            assertThat(outputs).as("what cannot be loaded makes no prompt").allMatch(JsonNode::isNull);
            return;
        }
        for (Map.Entry<String, ParseResult> entry : folder.requests().entrySet()) {
            if (!(entry.getValue() instanceof ParseResult.Parsed(var request))) {
                continue; // a body that the frontend refuses never comes here
            }
            JsonNode output = outputs.get(entry.getKey());
            String expected = output.isBoolean() ? frontend.get(entry.getKey()) : output.textValue();
            PreprocessResult made = preprocess(preprocessor, request.prompt());
            // Not the texts: tokens may swallow white space, which the ids do not show.
            boolean same = expected == null
                    ? made instanceof Invalid || isBeyond(folder, entry.getKey(), made)
                    : Arrays.equals(ids(made), ids(preprocess(preprocessor, new Prompt.Text(expected))));
            if (!same) {
                int[] ids = ids(made);
                differences.add(entry.getKey() + ": made " + (ids == null ? made : "<" + vocabulary.text(ids) + ">")
                        + ", not <" + expected + ">");
            }
        }
        assertThat(differences).isEmpty();
    }

    /// What jinja2 refuses and is beyond what is rendered here.
    private static boolean isBeyond(OracleFolder folder, String request, PreprocessResult made) {
        return folder.name().equals("jinja-exceptions")
                && List.of("recurse", "include").contains(request)
                && made instanceof Unprepared;
    }

    private static PreprocessResult preprocess(Preprocessor preprocessor, Prompt prompt) {
        return preprocessor.preprocess(new InferenceRequest("m", false, prompt, null, null, null, RoutingHints.NONE));
    }

    private static int @Nullable [] ids(PreprocessResult result) {
        return result instanceof Tokens(var ids, var _) ? ids : null;
    }

    private static @Nullable Preprocessor load(OracleFolder folder) {
        ModelFilesConfig config = new ModelFilesConfig(Path.of("."), 1 << 20, Duration.ofSeconds(5));
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            return new PreprocessorLoader(new ModelFileStore(config, client, metrics), CLOCK, false, Renderer.MINIJINJA)
                    .load(saysItself(folder.card()));
        } catch (ModelLoadException e) {
            return null;
        }
    }

    /// What a card says counts before what the process is set to.
    private static ModelCard saysItself(ModelCard card) {
        PromptProfile prompt = card.prompt();
        return new ModelCard(
                card.name(),
                card.aliases(),
                card.loraName(),
                card.role(),
                card.cache(),
                card.limits(),
                card.ranks(),
                new PromptProfile(
                        prompt.excludeToolsWhenToolChoiceNone(),
                        prompt.reasoningParser(),
                        prompt.toolCallParser(),
                        prompt.toolCallArgumentsFormat(),
                        prompt.defaultThinkingMode(),
                        prompt.context(),
                        Renderer.TRANSFORMERS),
                card.routing(),
                card.files());
    }
}
