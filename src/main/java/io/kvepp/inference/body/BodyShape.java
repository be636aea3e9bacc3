package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Tells by its fields which API a body is for, where a gateway does not tell the path.
///
/// Thread-safe.
final class BodyShape {
    private static final List<String> OF_MESSAGES = List.of("system", "stop_sequences", "thinking");
    private static final List<String> OF_EMBEDDINGS = List.of("encoding_format", "dimensions");
    private static final List<String> OF_RESPONSES = List.of("instructions", "max_output_tokens", "stream", "store");

    private BodyShape() {}

    /// The path of the API; empty when the body could be for several, or for none.
    static String path(byte[] body) {
        Set<String> names = names(body);
        if (names.contains("messages")) {
            return hasAny(names, OF_MESSAGES) ? "/v1/messages" : "/v1/chat/completions";
        }
        if (names.contains("prompt")) {
            return "/v1/completions";
        }
        if (names.contains("input")) {
            return hasAny(names, OF_EMBEDDINGS) ? "/v1/embeddings" : hasAny(names, OF_RESPONSES) ? "/v1/responses" : "";
        }
        return "";
    }

    private static boolean hasAny(Set<String> names, List<String> wanted) {
        return wanted.stream().anyMatch(names::contains);
    }

    private static Set<String> names(byte[] body) {
        Set<String> names = new HashSet<>();
        try (JsonParser parser = JsonValues.skimmer(body)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    names.add(parser.currentName());
                    parser.nextToken();
                    parser.skipChildren();
                }
            }
            return names;
        } catch (JsonProcessingException | IllegalStateException e) {
            return Set.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }
}
