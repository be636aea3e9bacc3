package io.kvepp.it.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The installed tokenizers of real models.
///
/// - `python`: an interpreter that has Hugging Face's library
/// - `models`: folders with `tokenizer.json` and `tokenizer_config.json` by the model's name
/// - `texts`: files of natural text by its kind
///
/// Immutable.
public record RealTokenizers(Path python, Map<String, Path> models, Map<String, Path> texts) {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(10);
    private static final int NPM_MISSING_STATUS = 3;
    private static final String COMMAND = "e2e/install-tokenizers";

    /// Empty on a machine without npm. Fails when the files cannot be fetched for another reason.
    public static Optional<RealTokenizers> install() {
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess install = processes.start(
                    "install-tokenizers",
                    List.of(Project.root().resolve(COMMAND).toString()),
                    System.getenv());
            int status = install.awaitExit(INSTALL_LIMIT);
            if (status == NPM_MISSING_STATUS) {
                return Optional.empty();
            }
            if (status != 0) {
                throw new AssertionError(COMMAND + " ended with status " + status + "; " + install.logTail());
            }
            JsonNode json = new ObjectMapper()
                    .readTree(install.output().lines().toList().getLast());
            return Optional.of(new RealTokenizers(
                    Path.of(json.required("python").textValue()),
                    paths(json.required("models")),
                    paths(json.required("texts"))));
        } catch (IOException e) {
            throw new UncheckedIOException(COMMAND + ": last line (expected: a JSON object)", e);
        }
    }

    private static Map<String, Path> paths(JsonNode named) {
        Map<String, Path> paths = new TreeMap<>();
        named.properties()
                .forEach(
                        path -> paths.put(path.getKey(), Path.of(path.getValue().textValue())));
        return paths;
    }
}
