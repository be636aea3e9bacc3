package io.kvepp.it.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.stack.EnvoyBootstrap.Asking;
import io.kvepp.it.stack.EnvoyBootstrap.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Several Envoys, each with many listeners, and the kv-epps that these ask by name.
///
/// Confined to one thread.
public final class EnvoyFleet implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Processes processes;
    private final String serverName;
    private final Map<String, Picker> pickers = new LinkedHashMap<>();
    private final Map<String, Integer> listeners = new LinkedHashMap<>();
    private final List<Integer> admins = new ArrayList<>();
    private final Set<Integer> given = new HashSet<>();

    /// A kv-epp that was started.
    private record Picker(GatewayPorts ports, ManagedProcess process) {}

    /// The listeners of one Envoy, while its configuration is written.
    public final class Listeners {
        private final EnvoyBootstrap bootstrap;

        private Listeners(EnvoyBootstrap bootstrap) {
            this.bootstrap = bootstrap;
        }

        /// Another listener, unless one has the name already.
        public void add(String name, Route to, Asking... asked) {
            if (!listeners.containsKey(name)) {
                int port = freePort();
                listeners.put(name, port);
                bootstrap.listener(port, to, asked);
            }
        }
    }

    /// `serverName`: what the Envoys ask for when they connect to a picker
    public EnvoyFleet(Processes processes, String serverName) throws IOException {
        this.processes = processes;
        this.serverName = serverName;
        Files.createDirectories(processes.logs());
    }

    /// Starts a kv-epp; all come before the first Envoy.
    public void startPicker(GatewaySettings settings) {
        GatewayPorts ports = new GatewayPorts(freePort(), freePort(), freePort(), freePort(), freePort());
        String file = "kv-epp-" + settings.name().replaceAll("[^a-z-]", "");
        ManagedProcess process =
                processes.start(file, Gateway.kvEppCommand(settings, ports), Gateway.kvEppEnvironment());
        pickers.put(settings.name(), new Picker(ports, process));
    }

    /// Begins an Envoy that knows the pickers, and one more of this name where nobody listens.
    public Listeners listeners(EnvoyBootstrap bootstrap, String nobody) {
        pickers.forEach((name, picker) -> bootstrap.picker(name, picker.ports().extProc(), serverName));
        bootstrap.picker(nobody, freePort(), serverName);
        return new Listeners(bootstrap);
    }

    /// Starts the Envoy.
    public void startEnvoy(String version, Path binary, Listeners configured) throws IOException {
        int adminPort = freePort();
        Path config = processes.logs().resolve("envoy-" + version + ".yaml");
        Files.writeString(config, configured.bootstrap.yaml(adminPort));
        processes.start(
                "envoy-" + version,
                List.of(
                        binary.toString(),
                        "-c",
                        config.toString(),
                        "--disable-hot-restart",
                        "--concurrency",
                        "1",
                        "-l",
                        "warning"),
                System.getenv());
        admins.add(adminPort);
    }

    /// Waits for every Envoy, and for every picker but these.
    public void awaitReady(String... neverReady) {
        admins.forEach(port -> Await.until("Envoy is ready", LIMIT, () -> new AdminClient(port).isOk("/ready")));
        pickers.forEach((name, picker) -> {
            if (!List.of(neverReady).contains(name)) {
                Await.until(name + " is ready", LIMIT, () -> {
                    picker.process().requireAlive();
                    return admin(name).isOk("/readyz");
                });
            }
        });
    }

    /// A free port that nobody of the fleet has been given: most of them are bound much later.
    public int freePort() {
        int port = Ports.free();
        while (!given.add(port)) {
            port = Ports.free();
        }
        return port;
    }

    /// Where a listener listens.
    public int port(String listener) {
        Integer port = listeners.get(listener);
        assertThat(port).as("listener %s of %s", listener, listeners.keySet()).isNotNull();
        return port;
    }

    public AdminClient admin(String picker) {
        return new AdminClient(pickers.get(picker).ports().admin());
    }

    /// SIGKILL.
    public void killPicker(String picker) {
        pickers.get(picker).process().kill();
    }

    /// SIGTERM; waits for its end.
    public void stopPicker(String picker) {
        ManagedProcess process = pickers.get(picker).process();
        process.terminate();
        assertThat(process.awaitExit(LIMIT)).isZero();
    }

    @Override
    public void close() {
        processes.close();
    }
}
