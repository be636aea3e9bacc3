package io.kvepp.it.cluster;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.EnvoyTemplate;
import io.kvepp.it.stack.Gateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A kv-epp with the account of its manifest, and an Envoy for each pool, which sends requests
/// wherever kv-epp says.
///
/// Confined to one thread.
final class PoolGateway {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ManagedProcess kvEpp;
    private final AdminClient admin;
    private final Map<String, Front> fronts = new LinkedHashMap<>();

    /// The Envoy of one pool.
    private record Front(int port, Path accessLog, ManagedProcess process) {}

    /// What Envoy logged of a request.
    ///
    /// - `upstream`: `ip:port`
    record Access(String upstream, String worker) {}

    /// Starts everything; `pools` are names in the namespace. Does not wait.
    PoolGateway(Cluster cluster, RealParts parts, String namespace, List<String> pools, String... flags) {
        Path account = cluster.account(namespace, "kv-epp");
        Map<String, String> variables = cluster.serviceVariables();
        int adminPort = Ports.free();
        List<String> command = new ArrayList<>(List.of(
                Project.kvEpp().toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(Ports.free()),
                "--health-port",
                Integer.toString(Ports.free()),
                "--admin-port",
                Integer.toString(adminPort),
                "--discovery-backend",
                "kubernetes",
                "--namespace",
                DynamoPods.DYNAMO_NAMESPACE,
                "--kube-service-account",
                account.toString(),
                "--secure-serving",
                "false",
                "--drain-propagation",
                "0s"));
        command.addAll(List.of(flags));
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (String pool : pools) {
            ports.put(pool, Ports.free());
            command.addAll(List.of("--pool", namespace + "/" + pool + "@" + ports.get(pool)));
        }
        Map<String, String> environment = Gateway.kvEppEnvironment();
        environment.keySet().removeIf(name -> name.startsWith("KUBE"));
        environment.putAll(variables);
        kvEpp = cluster.processes().start(namespace + "-kv-epp", command, environment);
        admin = new AdminClient(adminPort);
        ports.forEach(
                (pool, port) -> fronts.put(pool, startEnvoy(cluster.processes(), parts, namespace + "-" + pool, port)));
    }

    AdminClient admin() {
        return admin;
    }

    InferenceClient client(String pool) {
        return new InferenceClient(fronts.get(pool).port());
    }

    /// Waits until kv-epp is ready; it knows its pools then.
    void awaitReady() {
        Await.until("kv-epp is ready", LIMIT, () -> {
            kvEpp.requireAlive();
            return admin.isOk("/readyz");
        });
        fronts.forEach((pool, front) -> Await.until("Envoy of " + pool + " listens", LIMIT, () -> {
            front.process().requireAlive();
            return new AdminClient(front.port()).get("/").isPresent();
        }));
    }

    /// What Envoy says of a request that has ended.
    Access access(String pool, String requestId) {
        return Await.present("request " + requestId + " is logged", LIMIT, () -> {
            try {
                return Files.readAllLines(fronts.get(pool).accessLog()).stream()
                        .filter(line -> line.startsWith(requestId + " "))
                        .map(line -> new Access(field(line, "upstream"), field(line, "worker")))
                        .findFirst();
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }

    void close() {
        kvEpp.kill();
        fronts.values().forEach(front -> front.process().kill());
    }

    private static String field(String line, String name) {
        String marker = " " + name + "=";
        int start = line.indexOf(marker) + marker.length();
        int end = line.indexOf(' ', start);
        return end < 0 ? line.substring(start) : line.substring(start, end);
    }

    private static Front startEnvoy(Processes processes, RealParts parts, String name, int extProcPort) {
        int port = Ports.free();
        Path log = processes.logs().resolve("access-" + name + ".log");
        Path config = processes.logs().resolve("envoy-" + name + ".yaml");
        try {
            Files.deleteIfExists(log);
            EnvoyTemplate.render(
                    Project.root().resolve("envoy/pool.yaml"),
                    Map.of(
                            "LISTEN_PORT", Integer.toString(port),
                            "ADMIN_PORT", Integer.toString(Ports.free()),
                            "EPP_PORT", Integer.toString(extProcPort),
                            "ACCESS_LOG", "\"" + log + "\""),
                    config);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ManagedProcess envoy = processes.start(
                "envoy-" + name,
                List.of(
                        parts.envoy().toString(),
                        "-c",
                        config.toString(),
                        "--disable-hot-restart",
                        "--concurrency",
                        "1",
                        "--file-flush-interval-msec",
                        "100",
                        "-l",
                        "warning"),
                System.getenv());
        return new Front(port, log, envoy);
    }
}
