package io.kvepp.it.stack;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
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
import java.util.TreeMap;

/// A kv-epp with an Envoy in front.
///
/// Thread-safe.
public final class Gateway {
    private static final Duration ENVOY_LIMIT = Duration.ofSeconds(15);
    private static final Duration KV_EPP_LIMIT = Duration.ofSeconds(60);

    private final GatewayPorts ports;
    private final ManagedProcess kvEpp;
    private final ManagedProcess envoy;
    private final AdminClient admin;

    private Gateway(GatewayPorts ports, ManagedProcess kvEpp, ManagedProcess envoy) {
        this.ports = ports;
        this.kvEpp = kvEpp;
        this.envoy = envoy;
        admin = new AdminClient(ports.admin());
    }

    /// Starts both; does not wait for readiness.
    static Gateway start(Processes processes, RealParts parts, GatewaySettings settings) throws IOException {
        GatewayPorts ports = GatewayPorts.free();
        ManagedProcess kvEpp =
                processes.start("kv-epp-" + settings.name(), kvEppCommand(settings, ports), kvEppEnvironment());
        Path accessLog = processes.logs().resolve("access-" + settings.name() + ".log");
        Files.deleteIfExists(accessLog);
        Path config = processes.logs().resolve("envoy-" + settings.name() + ".yaml");
        EnvoyTemplate.render(
                Project.root().resolve("envoy/direct.yaml"),
                Map.of(
                        "LISTEN_PORT", Integer.toString(ports.listen()),
                        "ADMIN_PORT", Integer.toString(ports.envoyAdmin()),
                        "EPP_PORT", Integer.toString(ports.extProc()),
                        "WORKER_ENDPOINTS", EnvoyTemplate.endpoint(settings.frontendPort()),
                        "ACCESS_LOG", "\"" + accessLog + "\""),
                config);
        ManagedProcess envoy = processes.start(
                "envoy-" + settings.name(),
                List.of(
                        parts.envoy().toString(),
                        "-c",
                        config.toString(),
                        "--disable-hot-restart",
                        "--concurrency",
                        "1",
                        "--file-flush-interval-msec",
                        "200",
                        "-l",
                        "warning"),
                System.getenv());
        return new Gateway(ports, kvEpp, envoy);
    }

    /// The command line of a kv-epp with these ports.
    public static List<String> kvEppCommand(GatewaySettings settings, GatewayPorts ports) {
        List<String> command = new ArrayList<>(List.of(
                Project.kvEpp().toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(ports.extProc()),
                "--health-port",
                Integer.toString(ports.health()),
                "--admin-port",
                Integer.toString(ports.admin()),
                "--discovery-backend",
                "file",
                "--file-kv",
                settings.discovery().toString(),
                "--namespace",
                Stack.NAMESPACE,
                "--frontend-endpoint",
                "127.0.0.1:" + settings.frontendPort(),
                "--drain-propagation",
                "0s"));
        command.addAll(settings.flags());
        return command;
    }

    /// The caller's environment without what would configure kv-epp, and with the Java that runs
    /// the tests.
    public static Map<String, String> kvEppEnvironment() {
        Map<String, String> environment = new TreeMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("DYN_") || name.startsWith("KV_EPP_"));
        environment.put(
                "KV_EPP_JAVA",
                Path.of(System.getProperty("java.home"), "bin", "java").toString());
        return environment;
    }

    /// Waits until kv-epp is ready and Envoy answers.
    public void awaitReady() {
        Await.until("kv-epp is ready; " + kvEpp.name(), KV_EPP_LIMIT, () -> {
            kvEpp.requireAlive();
            return admin.isOk("/readyz");
        });
        AdminClient envoyAdmin = new AdminClient(ports.envoyAdmin());
        Await.until("Envoy is ready; " + envoy.name(), ENVOY_LIMIT, () -> {
            envoy.requireAlive();
            return envoyAdmin.isOk("/ready");
        });
    }

    /// Where clients send their requests.
    public int port() {
        return ports.listen();
    }

    public GatewayPorts ports() {
        return ports;
    }

    public AdminClient admin() {
        return admin;
    }

    public ManagedProcess kvEpp() {
        return kvEpp;
    }
}
