package io.kvepp.it.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.kvepp.it.process.Await;
import java.time.Duration;
import java.util.Map;

/// The pods of one namespace, whose status the test writes as a kubelet would.
///
/// Thread-safe.
public final class Pods {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Cluster cluster;
    private final String namespace;

    public Pods(Cluster cluster, String namespace) {
        this.cluster = cluster;
        this.namespace = namespace;
    }

    /// Makes a pod that is ready, with a port named `http`; its uid.
    ///
    /// @param ip its address; whoever reads EndpointSlices sees none of the loopback interface
    public String create(String name, Map<String, String> labels, String ip, int httpPort) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withNodeName(Cluster.NODE)
                .withTerminationGracePeriodSeconds(0L)
                .addNewContainer()
                .withName("main")
                .withImage("none")
                .addNewPort()
                .withName("http")
                .withContainerPort(httpPort)
                .endPort()
                .endContainer()
                .endSpec()
                .build();
        String uid = cluster.admin()
                .pods()
                .inNamespace(namespace)
                .resource(pod)
                .create()
                .getMetadata()
                .getUid();
        status(name, ip, true);
        return uid;
    }

    /// Tells what its kubelet found.
    public void status(String name, String ip, boolean ready) {
        String state = ready ? "True" : "False";
        cluster.admin()
                .pods()
                .inNamespace(namespace)
                .withName(name)
                .editStatus(pod -> new PodBuilder(pod)
                        .withStatus(new PodStatusBuilder()
                                .withPhase("Running")
                                .withPodIP(ip)
                                .addNewPodIP(ip)
                                .addNewCondition()
                                .withType("Ready")
                                .withStatus(state)
                                .endCondition()
                                .addNewContainerStatus()
                                .withName("main")
                                .withReady(ready)
                                .withRestartCount(0)
                                .withImage("none")
                                .withImageID("none")
                                .endContainerStatus()
                                .build())
                        .build());
    }

    /// Deletes it at once, as after its grace period.
    public void delete(String name) {
        cluster.admin()
                .pods()
                .inNamespace(namespace)
                .withName(name)
                .withGracePeriod(0)
                .delete();
        Await.until(
                "pod " + name + " is gone",
                LIMIT,
                () -> cluster.admin()
                                .pods()
                                .inNamespace(namespace)
                                .withName(name)
                                .get()
                        == null);
    }

    public void deleteAll() {
        cluster.admin().pods().inNamespace(namespace).withGracePeriod(0).delete();
    }
}
