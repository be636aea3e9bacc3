package io.kvepp.it.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A real API server with its etcd and the usual controllers, without a node: pods are objects whose
/// status the tests write, and programs that the tests start.
///
/// Thread-safe.
public final class Cluster implements AutoCloseable {
    static final String NODE = "test-node";

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final String API_SERVER = "apiserver";
    private static final String CONTROLLERS = "controller-manager";
    private static final String RESOURCES = "/io/kvepp/it/cluster/";

    private final ControlPlane plane;
    private final Processes processes;
    private final AtomicInteger names = new AtomicInteger();
    private final KubernetesClient admin;
    private ManagedProcess apiServer;
    private ManagedProcess controllers;

    private Cluster(ControlPlane plane, Processes processes) {
        this.plane = plane;
        this.processes = processes;
        start("etcd");
        apiServer = start(API_SERVER);
        Await.until("the API server has its certificate", START_LIMIT, () -> {
            apiServer.requireAlive();
            return Files.exists(plane.authority());
        });
        admin = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(plane.kubeconfig().toFile()))
                .build();
        awaitReady();
        controllers = start(CONTROLLERS);
    }

    /// Starts a cluster with the definitions of InferencePool and of Dynamo.
    public static Cluster start() {
        Path folder = Project.logs().resolve("cluster");
        try {
            Files.createDirectories(folder);
            Path state = Files.createTempDirectory(folder, "state-");
            Cluster cluster = new Cluster(ControlPlane.prepare(state), new Processes(folder));
            cluster.define();
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// May do everything.
    public KubernetesClient admin() {
        return admin;
    }

    /// Of somebody who may do everything.
    public Path kubeconfig() {
        return plane.kubeconfig();
    }

    public Processes processes() {
        return processes;
    }

    /// Makes a namespace of its own, which begins with `prefix`.
    public String createNamespace(String prefix) {
        String name = prefix + "-" + names.incrementAndGet();
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        Await.until(
                "namespace " + name + " has its account",
                START_LIMIT,
                () -> admin.serviceAccounts()
                                .inNamespace(name)
                                .withName("default")
                                .get()
                        != null);
        return name;
    }

    /// Creates what a file beside the tests says, in the namespace.
    public void apply(String resource, String namespace) {
        try (InputStream in = Cluster.class.getResourceAsStream(RESOURCES + resource)) {
            apply(in, namespace);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Creates what a file of the project says, in the namespace.
    public void applyManifest(String file, String namespace) {
        try (InputStream in = Files.newInputStream(Project.root().resolve(file))) {
            apply(in, namespace);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Creates or changes what a text says, in the namespace.
    public void applyText(String yaml, String namespace) {
        apply(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)), namespace);
    }

    /// Writes what Kubernetes mounts into pods that run as this account.
    public Path account(String namespace, String name) {
        var request =
                admin.serviceAccounts().inNamespace(namespace).withName(name).tokenRequest(new TokenRequest());
        try {
            Path folder = Files.createTempDirectory(processes.logs(), "account-");
            Files.writeString(folder.resolve("token"), request.getStatus().getToken());
            Files.writeString(folder.resolve("namespace"), namespace);
            Files.copy(plane.authority(), folder.resolve("ca.crt"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes the kubeconfig of an account.
    public Path kubeconfig(String namespace, String name) {
        Path folder = account(namespace, name);
        try {
            return Files.writeString(folder.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: test, cluster: {server: "%s", certificate-authority: "%s"}}]
                    users: [{name: test, user: {token: "%s"}}]
                    contexts: [{name: test, context: {cluster: test, user: test, namespace: "%s"}}]
                    current-context: test
                    """.formatted(
                    plane.url(), folder.resolve("ca.crt"), Files.readString(folder.resolve("token")), namespace));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The environment variables by which Kubernetes tells every pod where its API server is.
    public Map<String, String> serviceVariables() {
        URI url = URI.create(plane.url());
        return Map.of(
                "KUBERNETES_SERVICE_HOST", url.getHost(), "KUBERNETES_SERVICE_PORT", Integer.toString(url.getPort()));
    }

    public void stopApiServer() {
        apiServer.kill();
    }

    /// Starts the API server again, on the same port. It knows nothing of older versions: whoever
    /// watched is told that they are gone.
    public void startApiServer() {
        apiServer = start(API_SERVER);
        awaitReady();
        // Each of the old ones' watches would wait up to a minute before it tries again, and no
        // EndpointSlice would change until then.
        controllers.kill();
        controllers = start(CONTROLLERS);
    }

    /// Makes etcd forget all versions but the newest.
    public void compact() {
        long version = Long.parseLong(admin.namespaces().list().getMetadata().getResourceVersion());
        HttpRequest request = HttpRequest.newBuilder(URI.create(plane.etcd() + "/v3/kv/compaction"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"revision\":\"" + version + "\",\"physical\":true}"))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new AssertionError("compaction: " + answer.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        admin.close();
        processes.close();
    }

    private ManagedProcess start(String name) {
        return processes.start(
                names.getAndIncrement() + "-" + name, plane.commands().get(name), System.getenv());
    }

    private void awaitReady() {
        Await.until("the API server is ready", START_LIMIT, () -> {
            apiServer.requireAlive();
            try {
                return "ok".equals(admin.raw("/readyz"));
            } catch (KubernetesClientException e) {
                return false;
            }
        });
    }

    private void define() throws IOException {
        try (Stream<Path> files = Files.list(plane.crds())) {
            for (Path file : files.sorted().toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    admin.load(in).serverSideApply();
                }
            }
        }
        try (InputStream in = Cluster.class.getResourceAsStream(RESOURCES + "dynamo.yaml")) {
            admin.load(in).serverSideApply();
        }
        admin.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .endMetadata()
                        .build())
                .create();
        admin.apiextensions()
                .v1()
                .customResourceDefinitions()
                .list()
                .getItems()
                .forEach(definition -> Await.until(
                        definition.getMetadata().getName() + " is served",
                        START_LIMIT,
                        () -> admin
                                .apiextensions()
                                .v1()
                                .customResourceDefinitions()
                                .withName(definition.getMetadata().getName())
                                .get()
                                .getStatus()
                                .getConditions()
                                .stream()
                                .anyMatch(condition -> condition.getType().equals("Established")
                                        && condition.getStatus().equals("True"))));
    }

    private void apply(InputStream in, String namespace) {
        admin.load(in).inNamespace(namespace).forceConflicts().serverSideApply();
    }
}
