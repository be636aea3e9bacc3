package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Finds out what model a body asks for that is not read any further.
///
/// Thread-safe.
final class ModelName {
    private ModelName() {}

    /// The top-level `model`; null when it is no text or cannot be seen.
    static @Nullable String in(byte[] body) {
        try (JsonParser parser = JsonValues.skimmer(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isModel = parser.currentName().equals("model");
                if (parser.nextToken() == JsonToken.VALUE_STRING && isModel) {
                    return parser.getText();
                }
                parser.skipChildren();
            }
            return null;
        } catch (JsonProcessingException | IllegalStateException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }
}
