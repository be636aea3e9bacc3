package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.cluster.Pods;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import io.kvepp.kube.KubeScope;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What the router announces in a real API server is found there, comes back, and goes with it or with
/// its pod; with no more rights than the manifests give.
@ExtendWith(Clusters.class)
class KubernetesRegistrationClusterIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final EndpointId GENERATE = new EndpointId("front", "router", "generate");
    private static final Map<String, String> COMPONENT = Map.of("nvidia.com/dynamo-component-class", "worker");

    private final Cluster cluster;
    private final String namespace;
    private final Pods pods;
    private final EppMetrics metrics = new EppMetrics();
    private final List<WorkerSet> sets = new CopyOnWriteArrayList<>();
    private KubeClient client;
    private KubernetesDiscovery discovery;
    private KubernetesRegistration registration;

    KubernetesRegistrationClusterIT(Cluster cluster) {
        this.cluster = cluster;
        namespace = cluster.createNamespace("registration");
        pods = new Pods(cluster, namespace);
    }

    @BeforeEach
    void announceFromAPod() throws IOException {
        cluster.apply("workers.yaml", namespace);
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        cluster.applyManifest("k8s/router-rbac.yaml", namespace);
        String router = pods.create("router-0", COMPONENT, "10.244.0.8", 8000);
        String worker = pods.create("worker-1", COMPONENT, "10.244.0.9", 8000);
        cluster.applyText(KubernetesRecords.metadata(1, worker).toString(), namespace);
        client = client();
        PodIdentity pod = new PodIdentity(Path.of("none-such"), "router-0", router, "");
        KubernetesDiscoveryConfig config = new KubernetesDiscoveryConfig(Unit.POD, Duration.ofMillis(100), pod);
        discovery = new KubernetesDiscovery(config, new DiscoveryConfig(""), client, metrics);
        registration = new KubernetesRegistration(config, client);
        registration.start();
        registration.announce(GENERATE, "10.244.0.8:4711/7b/front/router/generate");
        assertThat(registration.announceModels(GENERATE, new EndpointId("dynamo", "backend", "generate"), 1))
                .isTrue();
        discovery.start(sets::add);
    }

    @AfterEach
    void stop() {
        if (registration != null) {
            registration.close();
            discovery.close();
        }
        if (client != null) {
            client.close();
        }
        metrics.close();
        pods.deleteAll();
    }

    @Test
    void theRouterIsFoundAsAWorkerAndComesBackWhenItsObjectIsLost() throws IOException {
        Await.until("the router is found", SOON, this::isFound);

        cluster.admin()
                .genericKubernetesResources("nvidia.com/v1alpha1", "DynamoWorkerMetadata")
                .inNamespace(namespace)
                .withName("router-0")
                .delete();
        Await.until("its object is back", SOON, this::isWritten);
        Await.until("the router is found again", SOON, this::isFound);

        registration.withdrawModels(GENERATE);
        Await.until("it serves no model", SOON, () -> !isFound());
        assertThat(isWritten()).isTrue();
        registration.close();
        assertThat(isWritten()).isFalse();
    }

    @Test
    void whatItAnnouncedGoesWithItsPod() {
        Await.until("the router is found", SOON, this::isFound);

        pods.delete("router-0");
        Await.until("the router is gone", SOON, () -> !isFound());
    }

    private boolean isFound() {
        return !sets.isEmpty()
                && sets.getLast().workers().stream().map(Worker::endpoint).anyMatch(GENERATE::equals);
    }

    private boolean isWritten() {
        try {
            return client.list(KubernetesDiscovery.WORKER_METADATA, KubeScope.named(namespace, "router-0"))
                            .size()
                    == 1;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private KubeClient client() {
        Map<String, String> variables = cluster.serviceVariables();
        return new KubeClient(
                new KubeConfig(
                        null,
                        "",
                        variables.get("KUBERNETES_SERVICE_HOST"),
                        Integer.parseInt(variables.get("KUBERNETES_SERVICE_PORT")),
                        cluster.account(namespace, "kv-epp"),
                        Duration.ofSeconds(10)),
                metrics);
    }
}
