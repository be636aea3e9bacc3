package io.kvepp.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import io.kvepp.config.ConfigurationException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/busy_threshold`: GET lists the thresholds in force; POST changes those of one model, or tells
/// them when it names none.
///
/// | answer | to |
/// |---|---|
/// | 400 | no JSON, or a threshold out of range |
/// | 403 | a change from another machine, unless that is allowed |
/// | 404 | a change for a model nobody serves |
/// | 413, 415, 422 | too large, not `application/json`, JSON of another form |
///
/// Source: Dynamo `lib/llm/src/http/service/busy_threshold`.
///
/// Thread-safe.
final class BusyThresholdPage {
    static final String PATH = "/busy_threshold";

    private static final int BODY_BYTES_MAX = 64 << 10;

    private final AdminConfig config;
    private final BusyThresholds thresholds;
    private final ObjectMapper json = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    BusyThresholdPage(AdminConfig config, BusyThresholds thresholds) {
        this.config = config;
        this.thresholds = thresholds;
    }

    /// A status and what is written as JSON.
    record Answer(int status, Object value) {
        static Answer error(int status, String message) {
            return new Answer(status, Map.of("error", message));
        }
    }

    Answer answer(HttpExchange exchange) throws IOException {
        return switch (exchange.getRequestMethod()) {
            case "GET", "HEAD" -> list();
            case "POST" -> post(exchange);
            default -> Answer.error(405, "method: " + exchange.getRequestMethod() + " (expected: GET or POST)");
        };
    }

    private Answer list() {
        List<BusyThresholds.Row> rows = thresholds.all();
        return new Answer(200, Map.of("thresholds", rows));
    }

    private Answer post(HttpExchange exchange) throws IOException {
        if (!config.mayChangeFor(exchange.getRemoteAddress().getAddress())) {
            return Answer.error(403, "client: another machine (expected: this one, or --busy-threshold-remote)");
        }
        @Nullable String type = exchange.getRequestHeaders().getFirst("content-type");
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            return Answer.error(415, "content-type: " + type + " (expected: application/json)");
        }
        byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
        if (body.length > BODY_BYTES_MAX) {
            return Answer.error(413, "body: more than " + BODY_BYTES_MAX + " bytes");
        }
        JsonNode tree;
        try {
            tree = json.readTree(body);
        } catch (JsonProcessingException e) {
            return Answer.error(400, "body: no JSON (expected: an object with model and thresholds)");
        }
        return change(tree);
    }

    private Answer change(JsonNode tree) {
        if (!tree.path("model").isTextual()) {
            return Answer.error(422, "model: " + tree.path("model") + " (expected: a string)");
        }
        for (String name : List.of("active_decode_blocks_threshold", "active_prefill_tokens_threshold_frac")) {
            if (!isAbsent(tree, name) && !tree.path(name).isNumber()) {
                return Answer.error(422, name + ": " + tree.path(name) + " (expected: a number)");
            }
        }
        String tokens = "active_prefill_tokens_threshold";
        if (!isAbsent(tree, tokens) && !tree.path(tokens).canConvertToExactIntegral()) {
            return Answer.error(422, tokens + ": " + tree.path(tokens) + " (expected: a whole number)");
        }
        return change(new BusyThresholds.Row(
                tree.path("model").textValue(),
                number(tree, "active_decode_blocks_threshold"),
                isAbsent(tree, tokens) ? null : (Long) tree.path(tokens).longValue(),
                number(tree, "active_prefill_tokens_threshold_frac")));
    }

    private Answer change(BusyThresholds.Row row) {
        if (row.asksOnly()) {
            return new Answer(200, thresholds.of(row.model()));
        }
        try {
            Optional<BusyThresholds.Row> changed = thresholds.change(row);
            return changed.isPresent()
                    ? new Answer(200, changed.get())
                    : Answer.error(404, "model: " + row.model() + " (expected: one that is served)");
        } catch (ConfigurationException e) {
            return Answer.error(400, String.valueOf(e.getMessage()));
        }
    }

    private static boolean isAbsent(JsonNode tree, String name) {
        return tree.path(name).isMissingNode() || tree.path(name).isNull();
    }

    private static @Nullable Double number(JsonNode tree, String name) {
        return isAbsent(tree, name) ? null : (Double) tree.path(name).doubleValue();
    }
}
