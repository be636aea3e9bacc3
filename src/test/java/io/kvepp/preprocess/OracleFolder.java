package io.kvepp.preprocess;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.Prompt;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One model folder of the oracle: its files, its requests and what the real frontend made of them
/// (`e2e/oracle/record --help` says how they were made).
///
/// Immutable.
record OracleFolder(Path path, JsonNode settings) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String PATH = "/v1/chat/completions";
    private static final String COMMON =
            "{\"model\":\"m\",\"max_tokens\":4,\"nvext\":{\"annotations\":[\"query_instance_id:\"]},";

    /// What the frontend made of one request: a prompt, or an error. A prompt that names the day has
    /// no ids, and a text in which the date's format stands for the date.
    record Golden(
            String name,
            int status,
            @Nullable String message,
            @Nullable String text,
            int @Nullable [] ids) {}

    static List<OracleFolder> all() {
        try (Stream<Path> entries = Files.list(root())) {
            return entries.filter(Files::isDirectory)
                    .sorted()
                    .map(OracleFolder::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        try {
            return Path.of(Objects.requireNonNull(OracleFolder.class.getResource("oracle"))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OracleFolder read(Path path) {
        Path settings = path.resolve("oracle.json");
        return new OracleFolder(path, Files.exists(settings) ? json(text(settings)) : MAPPER.createObjectNode());
    }

    String name() {
        return path.getFileName().toString();
    }

    @Override
    public String toString() {
        return name();
    }

    /// Requests by name, in order: parsed, or refused before they come to a template.
    Map<String, ParseResult> requests() {
        Map<String, ParseResult> requests = new LinkedHashMap<>();
        for (Path file : List.of(root().resolve("requests.tsv"), path.resolve("requests.tsv"))) {
            for (String line : Files.exists(file) ? text(file).lines().toList() : List.<String>of()) {
                int tab = line.indexOf('\t');
                if (!line.startsWith("#")) {
                    requests.put(line.substring(0, tab), parsed(COMMON + line.substring(tab + 2)));
                }
            }
        }
        return requests;
    }

    private static ParseResult parsed(String body) {
        ParseResult result =
                RequestParsers.all().parse(PATH, "application/json", null, body.getBytes(StandardCharsets.UTF_8));
        return switch (result) {
            case ParseResult.Parsed(var request) -> new ParseResult.Parsed(whole(request));
            case ParseResult.Malformed malformed -> malformed;
            case ParseResult.Unparsed unparsed -> throw new AssertionError(unparsed + ": " + body);
        };
    }

    /// The request with a prompt that is prepared to its end, also behind an image.
    private static InferenceRequest whole(InferenceRequest request) {
        Prompt.Chat chat = (Prompt.Chat) request.prompt();
        Prompt.Chat whole = new Prompt.Chat(
                chat.messages(),
                chat.tools(),
                chat.toolChoice(),
                chat.templateArgs(),
                chat.thinksByParser(),
                chat.responseFormat(),
                chat.addGenerationPrompt(),
                chat.continueFinalMessage(),
                false,
                chat.given());
        return new InferenceRequest(
                request.model(),
                request.stream(),
                whole,
                request.cacheSalt(),
                request.clientTokenData(),
                request.tokenDataTarget(),
                request.hints());
    }

    List<Golden> goldens() {
        List<Golden> goldens = new ArrayList<>();
        for (String line : text(path.resolve("golden.jsonl")).lines().toList()) {
            JsonNode node = json(line);
            goldens.add(new Golden(
                    node.get("name").textValue(),
                    node.path("status").asInt(200),
                    node.path("message").textValue(),
                    node.path("text").textValue(),
                    ids(node.get("ids"))));
        }
        return goldens;
    }

    private static int @Nullable [] ids(@Nullable JsonNode node) {
        if (node == null) {
            return null;
        }
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = node.get(i).intValue();
        }
        return ids;
    }

    List<String> dateFormats() {
        List<String> formats = new ArrayList<>();
        settings.path("dates").forEach(format -> formats.add(format.textValue()));
        return formats;
    }

    Path tokenizer() {
        return root().resolve("tokenizer.json");
    }

    Path tokenizerConfig() {
        return path.resolve("tokenizer_config.json");
    }

    /// The card a worker with this folder publishes.
    ModelCard card() {
        JsonNode runtime = settings.path("card").path("runtime_config");
        Path template = Stream.of("chat_template.jinja", "chat_template.json")
                .map(path::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
        return new ModelCard(
                name(),
                List.of(),
                null,
                WorkerRole.AGGREGATED,
                KvCacheProfile.of(16, true),
                EngineLimits.UNKNOWN,
                DpRanks.ONE,
                new PromptProfile(
                        runtime.path("exclude_tools_when_tool_choice_none").asBoolean(true),
                        runtime.path("reasoning_parser").textValue(),
                        runtime.path("tool_call_parser").textValue(),
                        runtime.path("tool_call_arguments_format").textValue(),
                        runtime.path("runtime_data")
                                .path("default_thinking_mode")
                                .textValue(),
                        promptContext()),
                RoutingProfile.NONE,
                new ModelFiles(
                        null,
                        file(tokenizer()),
                        file(tokenizerConfig()),
                        template == null ? null : file(template),
                        List.of()));
    }

    private List<String> promptContext() {
        List<String> names = new ArrayList<>();
        settings.path("card").path("prompt_context").forEach(name -> names.add(name.textValue()));
        return names;
    }

    private static FileReference file(Path path) {
        return new FileReference(path.toString(), null, -1);
    }

    static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
