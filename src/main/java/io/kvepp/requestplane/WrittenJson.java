package io.kvepp.requestplane;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;

/// Small JSON objects as bytes, written field by field.
///
/// Thread-safe.
final class WrittenJson {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int BYTES_USUALLY = 512;

    private WrittenJson() {}

    /// What an object has.
    @FunctionalInterface
    interface Content {
        void writeTo(JsonGenerator json) throws IOException;
    }

    static byte[] of(Content content) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder(BYTES_USUALLY);
                JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            content.writeTo(json);
            json.writeEndObject();
            json.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new IllegalStateException("writing an array failed", e);
        }
    }
}
