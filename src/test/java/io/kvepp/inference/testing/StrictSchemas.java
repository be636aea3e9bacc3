package io.kvepp.inference.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Strict parameters of functions and what a real frontend said of them.
///
/// Thread-safe.
public final class StrictSchemas {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CORPUS = "/io/kvepp/inference/strict-schemas.jsonl";

    private StrictSchemas() {}

    /// - `schema`: the parameters as JSON
    /// - `fault`: where and why the frontend refuses them, null when it takes them
    public record Recorded(String schema, @Nullable String fault) {
        /// A chat with one strict function of these parameters.
        public String body(String model) {
            return """
                    {"model":"%s","max_tokens":1,"messages":[{"role":"user","content":"x"}],\
                    "tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":%s}}]}""".formatted(model, schema);
        }

        /// All the frontend says when it refuses.
        public String message() {
            return "Validation: Invalid schema for function 'f': In context=" + fault;
        }
    }

    public static List<Recorded> recorded() {
        List<Recorded> recorded = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(StrictSchemas.class.getResourceAsStream(CORPUS), CORPUS)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                JsonNode one = MAPPER.readTree(line);
                recorded.add(new Recorded(
                        one.required("schema").toString(), one.required("fault").textValue()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return recorded;
    }
}
