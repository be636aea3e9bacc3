package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.inference.ParseResult;
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
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.Renderer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Texts to embed have the token ids that a real frontend gives its worker: with the special tokens
/// around them, cut where the client wants, or refused. With real tokenizers where there is npm to
/// fetch them.
@ExtendWith(Deployments.class)
class EmbeddingsIT {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String PATH = "/v1/embeddings";
    private static final Headers JSON = Headers.of("content-type", "application/json");

    /// `<s>` before a text, and two tokens behind it.
    private static final String FRAME = """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "B", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "E", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"B": {"id": "B", "ids": [1], "tokens": ["B"]},
                                "E": {"id": "E", "ids": [2, 0], "tokens": ["E", "E"]}}}""";

    private static final List<String> TEXTS = List.of(
            "",
            "a",
            " the fox ",
            "<s>the</s> quick",
            "é\\u0000n",
            "你好 世界\\n",
            "x\\u0001",
            "the the the the the",
            "\\ud83d\\ude00");
    private static final List<String> OPTIONS = List.of(
            "",
            ",\"add_special_tokens\":true",
            ",\"add_special_tokens\":false",
            ",\"truncate_prompt_tokens\":0",
            ",\"truncate_prompt_tokens\":2,\"add_special_tokens\":false",
            ",\"truncate_prompt_tokens\":4",
            ",\"truncate_prompt_tokens\":-1",
            ",\"truncate_prompt_tokens\":-2",
            ",\"truncate_prompt_tokens\":8192",
            ",\"truncate_prompt_tokens\":8193",
            ",\"truncate_prompt_tokens\":9223372036854775807");
    private static final List<String> OTHERS = List.of(
            "[1,2]", "[1,99999999]", "[[3],[4]]", "[[3],[99999999]]", "[\"a b\",\"c\"]", "5", "[\"a\",1]", "null");

    /// Of these one puts nothing around a text and the other a token before it.
    private static final List<String> REAL = List.of("qwen2_5", "llama3");

    private static final Map<String, Path> MODELS = new TreeMap<>();

    @TempDir
    private static Path folder;

    private static ModelsFrontend frontend;

    @BeforeAll
    static void start(RealParts parts) throws IOException {
        MODELS.put("characters", model("characters", "tokenizer/characters.json"));
        MODELS.put("bytes", model("bytes", "tokenizer/tokenizer.json"));
        Optional<RealTokenizers> tokenizers = RealTokenizers.install();
        if (tokenizers.isPresent()) {
            Map<String, Path> real = RealModelFolders.write(tokenizers.get(), folder, ModelsFrontend.CONTEXT_TOKENS);
            REAL.forEach(name -> MODELS.put(name, Objects.requireNonNull(real.get(name))));
        }
        frontend = ModelsFrontend.embedding(parts, MODELS);
    }

    @AfterAll
    static void stop() {
        if (frontend != null) {
            frontend.close();
        }
    }

    private static Path model(String name, String tokenizer) throws IOException {
        Path model = Files.createDirectory(folder.resolve(name));
        ObjectNode file = (ObjectNode) MAPPER.readTree(RecordedPrompts.text(tokenizer));
        file.set("post_processor", MAPPER.readTree(FRAME));
        write(model.resolve("tokenizer.json"), file);
        write(model.resolve("tokenizer_config.json"), Map.of("chat_template", "{{ messages[0].content }}"));
        Map<String, Object> config = new TreeMap<>(Map.of(
                "architectures", List.of("LlamaForCausalLM"),
                "model_type", "llama",
                "vocab_size", 4096,
                "max_position_embeddings", ModelsFrontend.CONTEXT_TOKENS,
                "hidden_size", 64,
                "intermediate_size", 64,
                "num_hidden_layers", 1,
                "num_attention_heads", 1,
                "num_key_value_heads", 1,
                "eos_token_id", 2));
        write(model.resolve("config.json"), config);
        write(model.resolve("generation_config.json"), Map.of("eos_token_id", 2));
        return model;
    }

    private static void write(Path file, Object content) throws IOException {
        MAPPER.writeValue(file.toFile(), content);
    }

    @Test
    void textsHaveTheIdsOfTheFrontend() throws Exception {
        List<String> differences = new ArrayList<>();
        for (String model : MODELS.keySet()) {
            Preprocessor preprocessor = preprocessor(MODELS.get(model));
            for (String input : inputs()) {
                String body = "{\"model\":\"" + model + "\"," + input + "}";
                Verdict ours = ours(preprocessor, body);
                Verdict theirs = theirs(frontend.client().post(PATH, body.getBytes(StandardCharsets.UTF_8), JSON));
                if (!ours.equals(theirs)) {
                    differences.add(body + ": " + ours + ", the frontend " + theirs);
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    private static List<String> inputs() {
        List<String> inputs = new ArrayList<>();
        for (String options : OPTIONS) {
            TEXTS.forEach(text -> inputs.add("\"input\":\"" + text + "\"" + options));
            OTHERS.forEach(input -> inputs.add("\"input\":" + input + options));
        }
        return inputs;
    }

    /// The ids of the first text, or that there are none.
    private record Verdict(int status, String ids) {
        static final Verdict REFUSED = new Verdict(400, "");
    }

    private static Verdict ours(Preprocessor preprocessor, String body) {
        ParseResult parsed =
                RequestParsers.all().parse(PATH, "application/json", null, body.getBytes(StandardCharsets.UTF_8));
        return switch (parsed) {
            case ParseResult.Malformed _ -> Verdict.REFUSED;
            case ParseResult.Unparsed unparsed -> throw new AssertionError(unparsed);
            case ParseResult.Parsed(var request) ->
                switch (preprocessor.preprocess(request)) {
                    case Tokens(var ids, var _) -> new Verdict(200, Arrays.toString(ids));
                    case Invalid _ -> Verdict.REFUSED;
                    case PreprocessResult other -> throw new AssertionError(other);
                };
        };
    }

    private static Verdict theirs(HttpAnswer answer) {
        if (answer.status() != 200) {
            return new Verdict(answer.status(), "");
        }
        List<Integer> ids = new ArrayList<>();
        JsonNode vector = Json.read(answer.text()).at("/data/0/embedding");
        vector.forEach(id -> ids.add((int) id.doubleValue()));
        return new Verdict(200, ids.toString());
    }

    private static Preprocessor preprocessor(Path model) throws Exception {
        ModelFilesConfig config = new ModelFilesConfig(model, 64 << 20, Duration.ofSeconds(5));
        try (HttpClient client = HttpClient.newHttpClient();
                EppMetrics metrics = new EppMetrics()) {
            return new PreprocessorLoader(
                            new ModelFileStore(config, client, metrics), Clock.systemUTC(), false, Renderer.MINIJINJA)
                    .load(RecordedPrompts.card(
                            new ModelFiles(
                                    RecordedPrompts.file(model + "/config.json"),
                                    RecordedPrompts.file(model + "/tokenizer.json"),
                                    RecordedPrompts.file(model + "/tokenizer_config.json"),
                                    null,
                                    List.of()),
                            EngineLimits.context(ModelsFrontend.CONTEXT_TOKENS),
                            PromptProfile.parsers(null, null)));
        }
    }
}
