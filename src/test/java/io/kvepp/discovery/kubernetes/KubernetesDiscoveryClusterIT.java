package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.cluster.Pods;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeWatch;
import io.kvepp.kube.PodIds;
import io.kvepp.kube.testing.CapturedObjects;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Clusters.class)
class KubernetesDiscoveryClusterIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Map<String, String> WORKER = Map.of("nvidia.com/dynamo-component-class", "worker");

    private final Cluster cluster;
    private final String namespace;
    private final Pods pods;
    private final EppMetrics metrics = new EppMetrics();
    private final List<WorkerSet> sets = new CopyOnWriteArrayList<>();
    private KubeClient client;
    private KubernetesDiscovery discovery;

    KubernetesDiscoveryClusterIT(Cluster cluster) {
        this.cluster = cluster;
        namespace = cluster.createNamespace("discovery");
        pods = new Pods(cluster, namespace);
    }

    @BeforeEach
    void startWithTheRightsOfTheManifest() {
        cluster.apply("workers.yaml", namespace);
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        client = client("kv-epp");
        discovery = new KubernetesDiscovery(
                new KubernetesDiscoveryConfig(Unit.POD, Duration.ofMillis(100), KubernetesRecords.NO_POD),
                new DiscoveryConfig(""),
                client,
                metrics);
    }

    @AfterEach
    void stop() {
        discovery.close();
        client.close();
        metrics.close();
        pods.deleteAll();
    }

    @Test
    void workersComeAndGoWithTheirPods() {
        discovery.start(sets::add);
        awaitWorkers();

        register("w-1");
        register("w-2");
        awaitWorkers("w-1", "w-2");

        pods.status("w-1", "10.244.0.1", false);
        awaitWorkers("w-2");
        pods.status("w-1", "10.244.0.1", true);
        awaitWorkers("w-1", "w-2");

        pods.delete("w-2");
        awaitWorkers("w-1");
    }

    @Test
    void anApiServerThatWasAwayIsBelievedAnew() {
        register("w-1");
        register("w-2");
        discovery.start(sets::add);
        awaitWorkers("w-1", "w-2");

        int told = sets.size();
        cluster.stopApiServer();
        assertThat(sets).hasSize(told);
        assertThat(names()).isEqualTo(ids("w-1", "w-2"));

        cluster.startApiServer();
        pods.delete("w-1");
        register("w-3");
        awaitWorkers("w-2", "w-3");
    }

    @Test
    void versionsThatAreGoneMakeNoDifference() {
        register("w-1");
        discovery.start(sets::add);
        awaitWorkers("w-1");

        for (int i = 2; i < 5; i++) {
            register("w-" + i);
            cluster.compact();
        }
        awaitWorkers("w-1", "w-2", "w-3", "w-4");
    }

    @Test
    void anAccountWithoutRightsIsToldSoAndWaits() {
        register("w-1");
        cluster.admin()
                .rbac()
                .roleBindings()
                .inNamespace(namespace)
                .withName("kv-epp")
                .delete();
        discovery.start(sets::add);

        Await.until(
                "the refusal is counted",
                SOON,
                () -> metrics.scrape().contains("kv_epp_kube_watch_failures_total{kind=\"dynamoworkermetadatas\"}"));
        assertThat(discovery.synced()).isFalse();

        cluster.applyManifest("k8s/rbac.yaml", namespace);
        awaitWorkers("w-1");
    }

    @Test
    void itsAccountMayReadNothingElse() {
        try (KubeClient allowed = client("kv-epp")) {
            KubeWatch secrets =
                    allowed.watch(new KubeKind("", "v1", "secrets", "Secret"), KubeScope.all(namespace), () -> {});
            KubeWatch elsewhere = allowed.watch(KubeKind.POD, KubeScope.all("default"), () -> {});

            Await.until(
                    "both are refused",
                    SOON,
                    () -> Stream.of("secrets", "pods")
                            .allMatch(kind -> metrics.scrape()
                                    .contains("kv_epp_kube_watch_failures_total{kind=\"" + kind + "\"}")));
            assertThat(secrets.synced()).isFalse();
            assertThat(elsewhere.synced()).isFalse();
        }
    }

    private KubeClient client(String account) {
        Map<String, String> variables = cluster.serviceVariables();
        Path folder = cluster.account(namespace, account);
        return new KubeClient(
                new KubeConfig(
                        null,
                        "",
                        variables.get("KUBERNETES_SERVICE_HOST"),
                        Integer.parseInt(variables.get("KUBERNETES_SERVICE_PORT")),
                        folder,
                        Duration.ofSeconds(10)),
                metrics);
    }

    /// A ready pod, and what its worker says of itself.
    private void register(String name) {
        String uid = pods.create(name, WORKER, "10.244.0." + name.substring(2), 8000);
        ObjectNode object =
                CapturedObjects.list("dwm-incluster").path("items").path(0).deepCopy();
        String id = Long.toString(object.at("/spec/data/endpoints")
                .elements()
                .next()
                .path("instance_id")
                .asLong());
        String text = object.toString().replace(id, Long.toString(PodIds.instanceId(name)));
        try {
            object = (ObjectNode) new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
        ObjectNode metadata = object.putObject("metadata").put("name", name);
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Pod")
                .put("name", name)
                .put("uid", uid);
        KubeKind kind = KubernetesDiscovery.WORKER_METADATA;
        cluster.admin()
                .genericKubernetesResources(new ResourceDefinitionContext.Builder()
                        .withGroup(kind.group())
                        .withVersion(kind.version())
                        .withPlural(kind.plural())
                        .withKind(kind.name())
                        .withNamespaced(true)
                        .build())
                .inNamespace(namespace)
                .resource(new ObjectMapper().convertValue(object, GenericKubernetesResource.class))
                .create();
    }

    private void awaitWorkers(String... pods) {
        Await.until("workers " + List.of(pods), SOON, () -> !sets.isEmpty() && names().equals(ids(pods)));
    }

    private Set<Long> names() {
        return sets.getLast().workers().stream().map(Worker::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<Long> ids(String... pods) {
        return Stream.of(pods).map(PodIds::instanceId).collect(Collectors.toCollection(TreeSet::new));
    }
}
