package io.kvepp.it.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The answer to a chat or text completion, streamed or not.
///
/// - `events`: the JSON objects of the answer; one if it was not streamed
/// - `done`: the stream ended with `[DONE]`, or the answer was not streamed
///
/// Immutable.
public record Completion(String requestId, int status, List<JsonNode> events, boolean done) {
    private static final String EVENT_STREAM = "text/event-stream";
    private static final String END = "[DONE]";

    static Completion read(String requestId, HttpAnswer answer) {
        if (!answer.contentType().startsWith(EVENT_STREAM)) {
            return new Completion(requestId, answer.status(), List.of(answer.json()), true);
        }
        List<JsonNode> events = new ArrayList<>();
        boolean done = false;
        for (String line : answer.text().lines().toList()) {
            if (line.startsWith("data:")) {
                String data = line.substring("data:".length()).strip();
                if (data.equals(END)) {
                    done = true;
                } else {
                    events.add(Json.read(data));
                }
            }
        }
        return new Completion(requestId, answer.status(), List.copyOf(events), done);
    }

    /// Status 200, no error event, and complete.
    public boolean isGood() {
        return status == 200 && done && events.stream().noneMatch(event -> event.has("error"));
    }

    /// The worker that computed the answer.
    public String decodeWorker() {
        return worker("decode_worker_id").orElseThrow(() -> new AssertionError("no decode_worker_id in " + events));
    }

    public Optional<String> prefillWorker() {
        return worker("prefill_worker_id");
    }

    /// `usage.prompt_tokens`; -1 when the answer has no usage.
    public int promptTokens() {
        return usage("/usage/prompt_tokens");
    }

    /// Prompt tokens the worker found in its cache; -1 when the answer does not say.
    public int cachedTokens() {
        return usage("/usage/prompt_tokens_details/cached_tokens");
    }

    private int usage(String pointer) {
        return events.stream()
                .map(event -> event.at(pointer))
                .filter(JsonNode::isNumber)
                .mapToInt(JsonNode::intValue)
                .max()
                .orElse(-1);
    }

    private Optional<String> worker(String field) {
        return events.stream()
                .map(event -> event.at("/nvext/worker_id/" + field))
                .filter(JsonNode::isNumber)
                .map(JsonNode::asText)
                .distinct()
                .reduce((one, other) -> {
                    throw new AssertionError(field + ": both " + one + " and " + other);
                });
    }
}
