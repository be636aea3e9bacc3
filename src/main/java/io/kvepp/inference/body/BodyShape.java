package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Tells by its fields which API a body is for, where a gateway does not tell the path.
///
/// Immutable.
sealed interface BodyShape {
    /// A body for the API of this path.
    record Known(String path) implements BodyShape {}

    /// An object that could be for several APIs, or for none; `model` is null when it asks for none.
    record Unknown(@Nullable String model) implements BodyShape {}

    record NoObject() implements BodyShape {}

    /// Nested deeper, or with other names, than anybody looks into.
    record TooLarge() implements BodyShape {}

    List<String> OF_MESSAGES = List.of("system", "stop_sequences", "thinking");
    List<String> OF_EMBEDDINGS = List.of("encoding_format", "dimensions");
    List<String> OF_RESPONSES = List.of("instructions", "max_output_tokens", "stream", "store");

    static BodyShape of(byte[] body) {
        try (JsonParser parser = JsonValues.skimmer(TolerantBytes.of(body).bytes())) {
            return parser.nextToken() == JsonToken.START_OBJECT ? ofObject(parser) : new NoObject();
        } catch (StreamConstraintsException | IllegalStateException e) {
            return new TooLarge();
        } catch (JsonProcessingException e) {
            return new NoObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }

    private static BodyShape ofObject(JsonParser parser) throws IOException {
        Set<String> names = new HashSet<>();
        @Nullable String model = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            names.add(name);
            if (parser.nextToken() == JsonToken.VALUE_STRING && name.equals("model")) {
                model = parser.getText();
            }
            parser.skipChildren();
        }
        @Nullable String path = path(names);
        return path == null ? new Unknown(model) : new Known(path);
    }

    private static @Nullable String path(Set<String> names) {
        if (names.contains("messages")) {
            return hasAny(names, OF_MESSAGES) ? "/v1/messages" : "/v1/chat/completions";
        }
        if (names.contains("prompt")) {
            return "/v1/completions";
        }
        if (names.contains("input")) {
            return hasAny(names, OF_EMBEDDINGS)
                    ? "/v1/embeddings"
                    : hasAny(names, OF_RESPONSES) ? "/v1/responses" : null;
        }
        return null;
    }

    private static boolean hasAny(Set<String> names, List<String> wanted) {
        return wanted.stream().anyMatch(names::contains);
    }
}
