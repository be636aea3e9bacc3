package io.kvepp.it.stack;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A NATS server without streams, which keeps its port when it is stopped and started again.
///
/// Confined to one thread.
public final class NatsServer {
    private static final Duration READY_LIMIT = Duration.ofSeconds(20);

    private final Processes processes;
    private final Path program;
    private final int port = Ports.free();
    private int starts;
    private ManagedProcess process;

    private final List<String> moreFlags;

    private NatsServer(Processes processes, Path program, List<String> moreFlags) {
        this.processes = processes;
        this.program = program;
        this.moreFlags = moreFlags;
    }

    /// Starts one and waits until it answers.
    public static NatsServer start(Processes processes, Path program, String... moreFlags) {
        NatsServer server = new NatsServer(processes, program, List.of(moreFlags));
        server.start();
        return server;
    }

    /// Starts it again.
    public void start() {
        int monitorPort = Ports.free();
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--addr",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--http_port",
                Integer.toString(monitorPort)));
        command.addAll(moreFlags);
        process = processes.start("nats-" + port + "-" + ++starts, command, Map.of());
        AdminClient monitor = new AdminClient(monitorPort);
        Await.until("the NATS server answers", READY_LIMIT, () -> {
            process.requireAlive();
            return monitor.get("/healthz")
                    .filter(answer -> answer.status() == 200)
                    .isPresent();
        });
    }

    /// Ends it without a goodbye.
    public void kill() {
        process.kill();
    }

    public String url() {
        return "nats://127.0.0.1:" + port;
    }

    /// KV events that travel over it.
    public EventPlane events() {
        return new EventPlane(
                Map.of("DYN_EVENT_PLANE", "nats", "NATS_SERVER", url()),
                List.of("--event-plane", "nats", "--nats-server", url()));
    }
}
