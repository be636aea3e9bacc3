package io.kvepp.it.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/// The servers that tests run beside Dynamo: etcd and NATS.
///
/// A test on a machine that cannot have one is skipped; where the variable `CI` is set it fails.
///
/// Immutable.
public record RealServers(Optional<Path> etcd, Optional<Path> natsServer) {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);
    private static final String COMMAND = "e2e/install-servers";

    /// Runs `e2e/install-servers`, which takes a moment when everything is there.
    public static RealServers install() {
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess install = processes.start(
                    "install-servers", List.of(Project.root().resolve(COMMAND).toString()), System.getenv());
            int status = install.awaitExit(INSTALL_LIMIT);
            if (status != 0) {
                throw new AssertionError(COMMAND + " ended with status " + status + "; " + install.logTail());
            }
            JsonNode json = new ObjectMapper()
                    .readTree(install.output().lines().toList().getLast());
            return new RealServers(path(json, "etcd"), path(json, "nats_server"));
        } catch (IOException e) {
            throw new UncheckedIOException(COMMAND + ": last line (expected: a JSON object)", e);
        }
    }

    public Path requireEtcd() {
        return require(etcd, "etcd-server");
    }

    public Path requireNatsServer() {
        return require(natsServer, "nats-server");
    }

    private static Optional<Path> path(JsonNode json, String name) {
        return Optional.ofNullable(json.required(name).textValue()).map(Path::of);
    }

    private static Path require(Optional<Path> program, String debianPackage) {
        if (program.isEmpty() && System.getenv("CI") == null) {
            Assumptions.abort("no " + debianPackage + " here; install the Debian package of that name");
        }
        return program.orElseThrow(
                () -> new AssertionError("no " + debianPackage + " (expected: the Debian package of that name)"));
    }
}
