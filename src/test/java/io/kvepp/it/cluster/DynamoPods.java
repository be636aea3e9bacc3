package io.kvepp.it.cluster;

import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.RealParts;
import io.kvepp.kube.PodIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Dynamo's workers as the pods of a namespace: each is a mocker and a frontend in Direct mode beside
/// it, with the account that Dynamo's operator gives them.
///
/// Every pod has the address of this machine, since an EndpointSlice may have none of the loopback
/// interface, and a port of its own.
///
/// Confined to one thread.
final class DynamoPods {
    static final String DYNAMO_NAMESPACE = "dynamo";
    static final String MODEL = "qwen";

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final Map<String, String> LABELS =
            Map.of("nvidia.com/dynamo-component-class", "worker", "nvidia.com/dynamo-namespace", DYNAMO_NAMESPACE);

    private final HttpClient http = HttpClient.newHttpClient();
    private final RealParts parts;
    private final Processes processes;
    private final String namespace;
    private final Pods pods;
    private final Path kubeconfig;
    private final String address = ownAddress();
    private final Map<String, String> endpoints = new HashMap<>();
    private final Map<String, List<ManagedProcess>> running = new HashMap<>();

    /// A pod; `mode` is the mocker's word for what it does.
    record Worker(String pod, String mode, String endpoint) {
        String id() {
            return Long.toUnsignedString(PodIds.instanceId(pod));
        }

        /// Of its frontend.
        int port() {
            return URI.create("http://" + endpoint).getPort();
        }
    }

    DynamoPods(Cluster cluster, RealParts parts, String namespace) {
        this.parts = parts;
        this.namespace = namespace;
        processes = cluster.processes();
        pods = new Pods(cluster, namespace);
        cluster.apply("workers.yaml", namespace);
        kubeconfig = cluster.kubeconfig(namespace, "dynamo-worker");
    }

    /// Starts a pod; does not wait for what runs in it.
    Worker start(String name, String mode) {
        int port = Ports.free();
        String uid = pods.create(name, LABELS, address, port);
        Map<String, String> environment = environment(name, uid);
        running.put(
                name,
                List.of(
                        processes.start(namespace + "-" + name + "-mocker", mocker(mode), environment),
                        processes.start(namespace + "-" + name + "-frontend", frontend(port), environment)));
        Worker worker = new Worker(name, mode, address + ":" + port);
        endpoints.put(worker.id(), worker.endpoint());
        return worker;
    }

    /// Where a worker's frontend listens.
    String endpointOf(String workerId) {
        return endpoints.get(workerId);
    }

    /// Ends a pod as its deletion does.
    void delete(Worker worker) {
        pods.delete(worker.pod());
        running.remove(worker.pod()).forEach(ManagedProcess::kill);
    }

    void deleteAll() {
        pods.deleteAll();
        running.values().forEach(all -> all.forEach(ManagedProcess::kill));
        running.clear();
    }

    void requireAlive() {
        running.values().forEach(all -> all.forEach(ManagedProcess::requireAlive));
    }

    /// Whether every pod's frontend lists the model.
    boolean frontendsServe() {
        return endpoints.values().stream().allMatch(this::listsModel);
    }

    private boolean listsModel(String endpoint) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + endpoint + "/v1/models"))
                .timeout(TIMEOUT)
                .build();
        try {
            return http.send(request, BodyHandlers.ofString()).body().contains("\"" + MODEL + "\"");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private List<String> mocker(String mode) {
        return List.of(
                parts.python().toString(),
                "-m",
                "dynamo.mocker",
                "--model-path",
                parts.model().toString(),
                "--model-name",
                MODEL,
                "--endpoint",
                "dyn://" + DYNAMO_NAMESPACE + "." + (mode.equals("prefill") ? "prefill" : "backend") + ".generate",
                "--block-size",
                "16",
                "--num-gpu-blocks-override",
                "4096",
                "--speedup-ratio",
                "100",
                "--disaggregation-mode",
                mode);
    }

    private List<String> frontend(int port) {
        return List.of(
                parts.python().toString(),
                "-m",
                "dynamo.frontend",
                "--router-mode",
                "direct",
                "--http-host",
                address,
                "--http-port",
                Integer.toString(port),
                "--namespace",
                DYNAMO_NAMESPACE);
    }

    private Map<String, String> environment(String pod, String uid) {
        Map<String, String> environment = new TreeMap<>(System.getenv());
        environment
                .keySet()
                .removeIf(name -> name.startsWith("DYN_") || name.startsWith("KUBE") || name.startsWith("PYTHON"));
        environment.putAll(Map.of(
                "HF_HUB_OFFLINE",
                "1",
                "TRANSFORMERS_OFFLINE",
                "1",
                "PYTHONUNBUFFERED",
                "1",
                "KUBECONFIG",
                kubeconfig.toString(),
                "POD_NAME",
                pod,
                "POD_UID",
                uid,
                "POD_NAMESPACE",
                namespace));
        environment.putAll(Map.of(
                "DYN_SDK_DISABLE_ANSI_LOGGING", "1",
                "DYN_SELF_HOST_METADATA", "0",
                "DYN_NAMESPACE", DYNAMO_NAMESPACE,
                "DYN_DISCOVERY_BACKEND", "kubernetes",
                "DYN_EVENT_PLANE", "zmq",
                "DYN_REQUEST_PLANE", "tcp",
                "DYN_TCP_RPC_HOST", address));
        return environment;
    }

    private static String ownAddress() {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(DynamoPods::isUp)
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                    .map(InetAddress::getHostAddress)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("this machine has no address but the loopback interface's"));
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isUp(NetworkInterface candidate) {
        try {
            return candidate.isUp() && !candidate.isLoopback();
        } catch (SocketException e) {
            return false;
        }
    }
}
