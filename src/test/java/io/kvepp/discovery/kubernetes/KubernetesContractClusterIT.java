package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.cluster.Pods;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What every discovery keeps to, with a real API server.
@ExtendWith(Clusters.class)
class KubernetesContractClusterIT extends WorkerDiscoveryContract {
    private static final Map<String, String> WORKER = Map.of("nvidia.com/dynamo-component-class", "worker");

    private final Cluster cluster;
    private final String namespace;
    private final Pods pods;
    private final Map<Integer, String> uids = new HashMap<>();
    private KubeClient client;

    KubernetesContractClusterIT(Cluster cluster) {
        this.cluster = cluster;
        namespace = cluster.createNamespace("contract");
        pods = new Pods(cluster, namespace);
        cluster.apply("workers.yaml", namespace);
        cluster.applyManifest("k8s/rbac.yaml", namespace);
    }

    @Override
    protected WorkerDiscovery open() {
        client = new KubeClient(
                new KubeConfig(
                        cluster.kubeconfig(namespace, "kv-epp"),
                        "",
                        "",
                        443,
                        cluster.kubeconfig(),
                        Duration.ofSeconds(10)),
                metrics);
        return new KubernetesDiscovery(
                new KubernetesDiscoveryConfig(Unit.POD, Duration.ofMillis(100), KubernetesRecords.NO_POD),
                new DiscoveryConfig(""),
                client,
                metrics);
    }

    @AfterEach
    void end() {
        client.close();
        pods.deleteAll();
    }

    @Override
    protected long put(int worker) {
        String name = KubernetesRecords.name(worker);
        String uid = uids.computeIfAbsent(worker, _ -> pods.create(name, WORKER, "10.244.1." + worker, 8000));
        apply(KubernetesRecords.metadata(worker, uid));
        return new DynamoWorker(worker).id();
    }

    @Override
    protected void remove(int worker) {
        pods.delete(KubernetesRecords.name(worker));
        uids.remove(worker);
    }

    @Override
    protected void damage(int worker) {
        apply(KubernetesRecords.damaged(worker, uids.get(worker)));
    }

    @Test
    void aServerThatIsAwayIsSeen() {
        long first = put(1);
        discovery().start(sets::add);
        awaitWorkers(Set.of(first));
        Await.until("it is connected", discovery()::connected);

        cluster.stopApiServer();
        Await.until("the loss is seen", () -> !discovery().connected());
        assertThat(sets.getLast().workers()).hasSize(1);
        cluster.startApiServer();
        Await.until("it is connected again", discovery()::connected);
    }

    private void apply(ObjectNode object) {
        cluster.applyText(object.toString(), namespace);
    }
}
