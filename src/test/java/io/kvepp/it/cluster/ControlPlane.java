package io.kvepp.it.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;

/// A control plane that `e2e/install-kubernetes` has built and prepared; nothing of it runs yet.
///
/// - `authority`: written by the API server when it starts first
/// - `crds`: folder with the definitions of InferencePool and its kin
/// - `commands`: what to start, in this order
///
/// Immutable.
record ControlPlane(
        String url, String etcd, Path authority, Path kubeconfig, Path crds, Map<String, List<String>> commands) {
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(25);
    private static final int MISSING_STATUS = 3;
    private static final String COMMAND = "e2e/install-kubernetes";

    /// Aborts the test on a machine without Go; fails when the parts cannot be had for another
    /// reason.
    static ControlPlane prepare(Path folder) {
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess install = processes.start(
                    "install-kubernetes",
                    List.of(Project.root().resolve(COMMAND).toString(), "--cluster", folder.toString()),
                    System.getenv());
            int status = install.awaitExit(BUILD_LIMIT);
            Assumptions.assumeFalse(status == MISSING_STATUS, "no Go to build kube-apiserver with");
            if (status != 0) {
                throw new AssertionError(COMMAND + " ended with status " + status + "; " + install.logTail());
            }
            return read(new ObjectMapper()
                    .readTree(install.output().lines().toList().getLast()));
        } catch (IOException e) {
            throw new UncheckedIOException(COMMAND + ": last line (expected: a JSON object)", e);
        }
    }

    private static ControlPlane read(JsonNode json) {
        Map<String, List<String>> commands = new LinkedHashMap<>();
        json.required("commands")
                .properties()
                .forEach(command -> commands.put(
                        command.getKey(),
                        StreamSupport.stream(command.getValue().spliterator(), false)
                                .map(JsonNode::textValue)
                                .toList()));
        return new ControlPlane(
                json.required("url").textValue(),
                json.required("etcd").textValue(),
                Path.of(json.required("authority").textValue()),
                Path.of(json.required("kubeconfig").textValue()),
                Path.of(json.required("crds").textValue()),
                commands);
    }
}
