package io.kvepp.it.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.kubernetes.KubernetesDiscovery;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig;
import io.kvepp.it.stack.RegisteredInstances;
import io.kvepp.it.stack.WorkerStore;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import io.kvepp.metrics.EppMetrics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Workers that announce themselves in a namespace of their own, each as the pod of its name.
///
/// Thread-safe.
public final class KubernetesWorkers implements WorkerStore, AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> LABELS = Map.of("nvidia.com/dynamo-component-class", "worker");
    private static final ResourceDefinitionContext METADATA = new ResourceDefinitionContext.Builder()
            .withGroup("nvidia.com")
            .withVersion("v1alpha1")
            .withPlural("dynamoworkermetadatas")
            .withKind("DynamoWorkerMetadata")
            .withNamespaced(true)
            .build();

    private final Cluster cluster;
    private final String namespace;
    private final Pods pods;
    private final Path workersKubeconfig;
    private final Path kvEppKubeconfig;
    private final List<KubeClient> clients = new ArrayList<>();
    private int admitted;

    public KubernetesWorkers(Cluster cluster, String namespacePrefix) {
        this.cluster = cluster;
        namespace = cluster.createNamespace(namespacePrefix);
        pods = new Pods(cluster, namespace);
        cluster.apply("workers.yaml", namespace);
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        workersKubeconfig = cluster.kubeconfig(namespace, "dynamo-worker");
        kvEppKubeconfig = cluster.kubeconfig(namespace, "kv-epp");
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "DYN_DISCOVERY_BACKEND",
                "kubernetes",
                "KUBECONFIG",
                workersKubeconfig.toString(),
                "POD_NAMESPACE",
                namespace);
    }

    /// Makes a pod for it, which is ready at once: a worker announces its KV events only then.
    @Override
    public synchronized Map<String, String> admit(String program) {
        String name = program.toLowerCase(Locale.ROOT);
        String uid = pods.create(name, LABELS, "10.244.0." + ++admitted, 8000);
        return Map.of("POD_NAME", name, "POD_UID", uid);
    }

    @Override
    public List<String> kvEppFlags() {
        return List.of("--discovery-backend", "kubernetes", "--kubeconfig", kvEppKubeconfig.toString());
    }

    @Override
    public synchronized WorkerDiscovery discovery(EppMetrics metrics) {
        Options options = new Options(Map.of("kubeconfig", List.of(kvEppKubeconfig.toString())), Map.of());
        KubeClient client = new KubeClient(KubeConfig.from(options), metrics);
        clients.add(client);
        return new KubernetesDiscovery(
                KubernetesDiscoveryConfig.from(options), DiscoveryConfig.from(options), client, metrics);
    }

    @Override
    public Map<Integer, String> workerIdsByPort() {
        List<JsonNode> instances = new ArrayList<>();
        cluster.admin().genericKubernetesResources(METADATA).inNamespace(namespace).list().getItems().stream()
                .map(object -> JSON.<JsonNode>valueToTree(object))
                .forEach(object -> object.at("/spec/data/endpoints").forEach(instances::add));
        return RegisteredInstances.workerIdsByPort(instances);
    }

    /// Ends the connections that were opened to discover; what was discovered stays.
    @Override
    public synchronized void close() {
        clients.forEach(KubeClient::close);
        pods.deleteAll();
    }
}
