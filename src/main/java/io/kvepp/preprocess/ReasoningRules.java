package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// Brings the reasoning of earlier answers into the form a template shows: inside the content for
/// one that knows nothing of it, as one text for one that reads no segments.
///
/// Thread-safe.
final class ReasoningRules {
    private static final String REASONING = "reasoning_content";

    private ReasoningRules() {}

    /// `message` is a copy that may be changed.
    static void apply(Map<String, @Nullable Object> message, TemplateTraits traits) {
        if (!"assistant".equals(message.get("role"))) {
            return;
        }
        if (!traits.readsReasoning()) {
            moveIntoContent(message);
        } else if (traits.reasoningAsText()) {
            joinSegments(message);
        }
    }

    private static void moveIntoContent(Map<String, @Nullable Object> message) {
        String thoughts = thoughts(message.get(REASONING));
        if (thoughts.isEmpty()) {
            return;
        }
        Object content = message.get("content");
        List<@Nullable Object> parts = Json.array(content);
        if (parts != null) {
            List<@Nullable Object> withThoughts = new ArrayList<>(parts.size() + 1);
            withThoughts.add(Json.textPart(thoughts));
            withThoughts.addAll(parts);
            message.put("content", withThoughts);
        } else {
            message.put("content", content instanceof String text ? thoughts + text : thoughts);
        }
        Json.swapRemove(message, REASONING);
    }

    private static String thoughts(@Nullable Object reasoning) {
        StringBuilder out = new StringBuilder();
        for (String segment : segments(reasoning)) {
            out.append("<think>").append(segment).append("</think>");
        }
        return out.toString();
    }

    private static void joinSegments(Map<String, @Nullable Object> message) {
        if (Json.array(message.get(REASONING)) != null) {
            StringJoiner joined = new StringJoiner("\n");
            segments(message.get(REASONING)).forEach(joined::add);
            message.put(REASONING, joined.toString());
        }
    }

    /// The segments that say anything.
    private static List<String> segments(@Nullable Object reasoning) {
        List<@Nullable Object> array = reasoning instanceof String text ? List.of(text) : Json.array(reasoning);
        List<String> segments = new ArrayList<>();
        for (Object segment : array == null ? List.of() : array) {
            if (segment instanceof String text && !text.isEmpty()) {
                segments.add(text);
            }
        }
        return segments;
    }
}
