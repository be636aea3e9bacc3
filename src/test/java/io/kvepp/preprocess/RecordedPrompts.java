package io.kvepp.preprocess;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
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
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The recorded answers of a real frontend, see the README beside them.
final class RecordedPrompts {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private RecordedPrompts() {}

    /// One line; `prompt` and `tokenIds` are null where the frontend gave none.
    record Recorded(
            String name,
            String path,
            String body,
            int status,
            @Nullable String prompt,
            int @Nullable [] tokenIds) {
        @Override
        public String toString() {
            return name;
        }

        /// The request as this process reads it, null when it leaves it to the frontend.
        @Nullable
        InferenceRequest request() {
            ParseResult result =
                    RequestParsers.all().parse(path, "application/json", null, body.getBytes(StandardCharsets.UTF_8));
            return result instanceof ParseResult.Parsed(var request) ? request : null;
        }
    }

    static List<Recorded> read(String resource) {
        List<Recorded> recorded = new ArrayList<>();
        for (String line : text(resource).lines().toList()) {
            recorded.add(recorded(line));
        }
        return recorded;
    }

    static String text(String resource) {
        try (InputStream in = Objects.requireNonNull(RecordedPrompts.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ModelCard card(ModelFiles files) {
        return card(files, EngineLimits.UNKNOWN, PromptProfile.parsers(null, null));
    }

    static ModelCard card(ModelFiles files, @Nullable String reasoningParser, @Nullable String toolCallParser) {
        return card(files, EngineLimits.UNKNOWN, PromptProfile.parsers(reasoningParser, toolCallParser));
    }

    static ModelCard card(ModelFiles files, EngineLimits limits, PromptProfile prompts) {
        return new ModelCard(
                "m",
                List.of(),
                null,
                WorkerRole.AGGREGATED,
                KvCacheProfile.of(16, true),
                limits,
                DpRanks.ONE,
                prompts,
                RoutingProfile.NONE,
                files);
    }

    static FileReference file(String path) {
        return new FileReference(path, null, -1);
    }

    private static Recorded recorded(String line) {
        try {
            JsonNode node = MAPPER.readTree(line);
            JsonNode ids = node.get("tokenIds");
            int[] tokenIds = null;
            if (ids != null) {
                tokenIds = new int[ids.size()];
                for (int i = 0; i < tokenIds.length; i++) {
                    tokenIds[i] = ids.get(i).intValue();
                }
            }
            return new Recorded(
                    node.get("name").textValue(),
                    node.path("path").asText("/v1/chat/completions"),
                    node.get("body").textValue(),
                    node.path("status").asInt(200),
                    node.path("prompt").textValue(),
                    tokenIds);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
