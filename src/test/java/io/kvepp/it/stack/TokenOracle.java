package io.kvepp.it.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;

/// Token ids of prompts, as a Dynamo frontend in KV mode computes them.
///
/// Source: `nvext.annotations: ["query_instance_id:"]` answers without generating.
///
/// Thread-safe.
public final class TokenOracle {
    private static final String QUESTION = "query_instance_id:";

    private final InferenceClient frontend;

    public TokenOracle(InferenceClient frontend) {
        this.frontend = frontend;
    }

    /// What the frontend made of a body.
    ///
    /// - `status`: of HTTP; the ids are empty unless it is 200
    ///
    /// Immutable; the array must not be changed.
    public record Answer(int status, int[] tokenIds) {}

    /// Asks about a body that already carries the annotation.
    public Answer askAsItIs(String path, String body) {
        Completion answer = frontend.complete(path, body);
        return answer.events().stream()
                .map(event -> event.at("/nvext/token_ids"))
                .filter(JsonNode::isArray)
                .findFirst()
                .map(ids -> new Answer(answer.status(), Json.ints(ids)))
                .orElseGet(() -> new Answer(answer.status(), new int[0]));
    }

    /// Where the frontend would send a body, its `nvext` aside; fails when it refuses the body.
    public Completion choice(String path, String body) {
        Completion answer = frontend.complete(path, asking(body));
        if (!answer.isGood()) {
            throw new AssertionError("the KV frontend answers " + answer.status() + " to " + body);
        }
        return answer;
    }

    /// The body with the question.
    public static String asking(String body) {
        ObjectNode asking = (ObjectNode) Json.read(body);
        asking.putObject("nvext").putArray("annotations").add(QUESTION);
        return asking.toString();
    }

    /// The ids of a body's prompt, its `nvext` aside; fails when the frontend refuses the body.
    public int[] tokenIds(String path, String body) {
        Answer answer = askAsItIs(path, asking(body));
        if (answer.status() != 200 || answer.tokenIds().length == 0) {
            throw new AssertionError("the KV frontend answers " + answer.status() + " to " + body);
        }
        return answer.tokenIds();
    }
}
