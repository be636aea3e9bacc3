package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.testing.MemoryKube;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What every discovery keeps to, without a server.
class KubernetesDiscoveryContractTest extends WorkerDiscoveryContract {
    private static final String NAMESPACE = "dyn";
    private static final String UID = "u-1";

    private final MemoryKube kube = new MemoryKube(NAMESPACE);

    @Override
    protected WorkerDiscovery open() {
        return new KubernetesDiscovery(
                new KubernetesDiscoveryConfig(Unit.POD, Duration.ofMillis(1), KubernetesRecords.NO_POD),
                new DiscoveryConfig(""),
                kube,
                metrics);
    }

    @Override
    protected long put(int worker) {
        kube.put(KubernetesDiscovery.WORKER_METADATA, KubernetesRecords.metadata(worker, UID));
        kube.put(KubeKind.ENDPOINT_SLICE, slice(worker));
        return new DynamoWorker(worker).id();
    }

    @Override
    protected void remove(int worker) {
        kube.delete(KubeKind.ENDPOINT_SLICE, KubernetesRecords.name(worker));
    }

    @Override
    protected void damage(int worker) {
        kube.put(KubernetesDiscovery.WORKER_METADATA, KubernetesRecords.damaged(worker, UID));
    }

    @Test
    void itIsConnectedWhileBothKindsAreWatched() {
        assertThat(discovery().connected()).isFalse();
        discovery().start(sets::add);
        Await.until("it is connected", discovery()::connected);

        kube.setSynced(false);
        assertThat(discovery().connected()).isFalse();
        kube.setSynced(true);
        assertThat(discovery().connected()).isTrue();

        discovery().close();
        assertThat(discovery().connected()).isFalse();
    }

    private static ObjectNode slice(int worker) {
        String name = KubernetesRecords.name(worker);
        ObjectNode slice = KubernetesRecords.object("discovery.k8s.io/v1", "EndpointSlice", name);
        ObjectNode labels = slice.withObject("/metadata/labels");
        KubernetesDiscovery.ENABLED.forEach(labels::put);
        ObjectNode endpoint = slice.putArray("endpoints").addObject();
        endpoint.putObject("conditions").put("ready", true);
        endpoint.putObject("targetRef").put("kind", "Pod").put("name", name).put("uid", UID);
        return slice;
    }
}
