package io.kvepp.it.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Older releases of Envoy, by version.
public final class RealEnvoys {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);
    private static final String COMMAND = "e2e/install-envoys";

    private RealEnvoys() {}

    /// Runs `e2e/install-envoys`, which takes a moment when everything is there.
    public static Map<String, Path> install() {
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess install = processes.start(
                    "install-envoys", List.of(Project.root().resolve(COMMAND).toString()), System.getenv());
            int status = install.awaitExit(INSTALL_LIMIT);
            if (status != 0) {
                throw new AssertionError(COMMAND + " ended with status " + status + "; " + install.logTail());
            }
            JsonNode json = new ObjectMapper()
                    .readTree(install.output().lines().toList().getLast());
            Map<String, Path> binaries = new LinkedHashMap<>();
            json.properties()
                    .forEach(entry -> binaries.put(
                            entry.getKey(), Path.of(entry.getValue().textValue())));
            return binaries;
        } catch (IOException e) {
            throw new UncheckedIOException(COMMAND + ": last line (expected: a JSON object)", e);
        }
    }
}
