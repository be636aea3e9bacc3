package io.kvepp.it;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Makes chat bodies whose texts follow from a seed: different seeds share nothing but the
/// template's first tokens.
final class Prompts {
    private static final String[] WORDS = {
        "river", "stone", "window", "garden", "engine", "paper", "silver", "thunder", "kettle", "harbor", "lantern",
        "meadow", "orchid", "pepper", "saddle", "timber", "velvet", "walnut", "yellow", "zipper", "anchor", "basket"
    };

    private Prompts() {}

    /// `words` random words.
    static String text(long seed, int words) {
        Random random = new Random(seed);
        return IntStream.range(0, words)
                .mapToObj(_ -> WORDS[random.nextInt(WORDS.length)] + random.nextInt(1000))
                .collect(Collectors.joining(" "));
    }

    /// A chat body that asks who served it. `texts` are the system message, then user and
    /// assistant in turn.
    static ObjectNode chat(String model, int maxTokens, String... texts) {
        ObjectNode body = Json.object().put("model", model).put("max_tokens", maxTokens);
        ArrayNode messages = body.putArray("messages");
        for (int i = 0; i < texts.length; i++) {
            String role = i == 0 ? "system" : i % 2 == 1 ? "user" : "assistant";
            messages.addObject().put("role", role).put("content", texts[i]);
        }
        body.putObject("nvext").putArray("extra_fields").add("worker_id");
        return body;
    }

    /// A text completion that asks who served it.
    static ObjectNode completion(String model, int maxTokens, String prompt) {
        ObjectNode body =
                Json.object().put("model", model).put("max_tokens", maxTokens).put("prompt", prompt);
        body.putObject("nvext").putArray("extra_fields").add("worker_id");
        return body;
    }

    /// The same body, streamed, with usage in the last event.
    static ObjectNode streamed(ObjectNode body) {
        ObjectNode copy = body.deepCopy();
        copy.put("stream", true).putObject("stream_options").put("include_usage", true);
        return copy;
    }
}
