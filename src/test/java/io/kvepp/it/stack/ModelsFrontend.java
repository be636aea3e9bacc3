package io.kvepp.it.stack;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A Dynamo frontend with every API it has, and workers of several models: either in KV mode with one
/// mocker for each model, or with one worker of which the embeddings are token ids.
///
/// Blocks are as small as they can be, so that what a worker finds in its cache tells almost to the
/// token what prompt it was given.
///
/// Thread-safe.
public final class ModelsFrontend implements AutoCloseable {
    public static final int BLOCK_TOKENS = 2;
    public static final int CONTEXT_TOKENS = 8192;

    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final String ECHO = "src/test/resources/io/kvepp/it/echo_embeddings.py";
    private static final int GPU_BLOCKS = 200_000;

    private final Processes processes = new Processes(Project.logs().resolve("models"));
    private final DiscoveryFolder discovery;
    private final InferenceClient client;

    private ModelsFrontend(RealParts parts, Map<String, Path> models, boolean embedding) throws IOException {
        Files.createDirectories(processes.logs());
        discovery = new DiscoveryFolder(Files.createTempDirectory("kv-epp-it-"));
        int port = Ports.free();
        // Embeddings are not routed in KV mode.
        String mode = embedding ? "round-robin" : "kv";
        ManagedProcess frontend = processes.start("frontend", frontend(parts, port, mode), environment());
        if (embedding) {
            processes.start("embeddings", embedder(parts, models), environment());
        } else {
            models.forEach((name, folder) -> processes.start(name, mocker(parts, name, folder), environment()));
        }
        AdminClient listed = new AdminClient(port);
        Await.until("the frontend lists " + models.keySet(), READY_LIMIT, () -> {
            frontend.requireAlive();
            return listed.get("/v1/models")
                    .filter(answer -> models.keySet().stream()
                            .allMatch(name -> answer.text().contains("\"" + name + "\"")))
                    .isPresent();
        });
        client = new InferenceClient(port);
    }

    /// Starts everything and waits; `models` are model folders by name.
    public static ModelsFrontend start(RealParts parts, Map<String, Path> models) throws IOException {
        return new ModelsFrontend(parts, models, false);
    }

    /// The same with a worker that answers each embedding request with its token ids.
    public static ModelsFrontend embedding(RealParts parts, Map<String, Path> models) throws IOException {
        return new ModelsFrontend(parts, models, true);
    }

    public InferenceClient client() {
        return client;
    }

    private Map<String, String> environment() {
        return DynamoEnvironment.of(discovery, EventPlane.ZMQ, Map.of());
    }

    private static List<String> frontend(RealParts parts, int port, String mode) {
        return List.of(
                parts.python().toString(),
                "-m",
                "dynamo.frontend",
                "--router-mode",
                mode,
                "--kv-cache-block-size",
                Integer.toString(BLOCK_TOKENS),
                "--http-host",
                "127.0.0.1",
                "--http-port",
                Integer.toString(port),
                "--namespace",
                Stack.NAMESPACE,
                "--enable-anthropic-api");
    }

    private static List<String> embedder(RealParts parts, Map<String, Path> models) {
        List<String> command = new ArrayList<>(
                List.of(parts.python().toString(), Project.root().resolve(ECHO).toString(), Stack.NAMESPACE));
        models.forEach((name, folder) -> command.addAll(List.of(name, folder.toString())));
        return command;
    }

    private static List<String> mocker(RealParts parts, String name, Path folder) {
        return List.of(
                parts.python().toString(),
                "-m",
                "dynamo.mocker",
                "--model-path",
                folder.toString(),
                "--model-name",
                name,
                "--endpoint",
                "dyn://" + Stack.NAMESPACE + "." + name + ".generate",
                "--block-size",
                Integer.toString(BLOCK_TOKENS),
                "--num-gpu-blocks-override",
                Integer.toString(GPU_BLOCKS),
                "--max-model-len",
                Integer.toString(CONTEXT_TOKENS),
                "--speedup-ratio",
                "1000");
    }

    @Override
    public void close() {
        processes.close();
        discovery.delete();
    }
}
