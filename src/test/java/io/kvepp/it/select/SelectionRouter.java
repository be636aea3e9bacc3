package io.kvepp.it.select;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.stack.Gateway;
import java.time.Duration;
import java.util.List;

/// `kv-epp router` without discovery, which knows the workers that are registered with it.
///
/// Confined.
final class SelectionRouter {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SelectionClient client;

    /// Returns when it is ready.
    SelectionRouter(String name, Processes processes) {
        int port = Ports.free();
        int adminPort = Ports.free();
        ManagedProcess process = processes.start(name, command(port, adminPort), Gateway.kvEppEnvironment());
        client = new SelectionClient(port);
        AdminClient admin = new AdminClient(adminPort);
        Await.until(name + " is ready", LIMIT, () -> {
            process.requireAlive();
            return admin.isOk("/readyz");
        });
    }

    SelectionClient client() {
        return client;
    }

    private static List<String> command(int port, int adminPort) {
        return List.of(
                Project.kvEpp().toString(),
                "router",
                "--discovery-backend",
                "none",
                "--host",
                "127.0.0.1",
                "--selection-port",
                Integer.toString(port),
                "--health-port",
                Integer.toString(Ports.free()),
                "--admin-port",
                Integer.toString(adminPort),
                "--drain-propagation",
                "0s");
    }
}
