package io.kvepp.it.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Why kv-epp sent one request where it did, as `/picks/ID` tells.
///
/// Immutable.
public record Pick(
        String mode, String why, int promptTokens, Choice decode, Optional<Choice> prefill, List<Choice> candidates) {
    /// A chosen rank or a candidate; `role` is empty for the chosen.
    public record Choice(String workerId, String role, int overlapBlocks, double cost) {}

    static Pick read(JsonNode json) {
        List<Choice> candidates = new ArrayList<>();
        json.required("candidates").forEach(candidate -> candidates.add(choice(candidate)));
        return new Pick(
                json.required("mode").textValue(),
                json.required("why").textValue(),
                json.required("promptTokens").intValue(),
                choice(json.required("decode")),
                Optional.of(json.path("prefill")).filter(JsonNode::isObject).map(Pick::choice),
                List.copyOf(candidates));
    }

    /// The worker whose cache saves the computation of the prompt.
    public Choice reusing() {
        return prefill.orElse(decode);
    }

    private static Choice choice(JsonNode json) {
        return new Choice(
                json.required("workerId").asText(),
                json.path("role").asText(),
                json.required("overlapBlocks").intValue(),
                json.required("cost").doubleValue());
    }
}
