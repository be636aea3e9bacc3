package io.kvepp.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Dynamo's workers as pods, found through the API server, and the endpoints of InferencePools: every
/// request goes to the pod of its own worker.
@ExtendWith({Clusters.class, Deployments.class})
class PoolRoutingClusterIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String POOL = "dynamo";
    private static final String OTHER = "other";
    private static final int UNUSED_PORT = 9;

    private final Cluster cluster;
    private final RealParts parts;
    private final String namespace;
    private final DynamoPods pods;
    private PoolGateway gateway;

    PoolRoutingClusterIT(Cluster cluster, RealParts parts) {
        this.cluster = cluster;
        this.parts = parts;
        namespace = cluster.createNamespace("pool");
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        pods = new DynamoPods(cluster, parts, namespace);
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
        pods.deleteAll();
    }

    @Test
    void everyRequestGoesToThePodOfItsWorkerWhateverHappensToThePool() {
        DynamoPods.Worker first = pods.start("a-0", "agg");
        DynamoPods.Worker second = pods.start("a-1", "agg");
        cluster.applyManifest("k8s/pool.yaml", namespace);
        putPool(OTHER, "app: nobody", UNUSED_PORT);
        start(first, second);

        assertThat(routed(POOL, 20)).isEqualTo(Set.of(first.endpoint(), second.endpoint()));
        assertThat(status(OTHER)).isEqualTo(503);

        // The other pool gets a pod by another selector, and by a label.
        label(second, "app", "somebody");
        putPool(OTHER, "app: somebody", UNUSED_PORT);
        Await.until("the other pool has a pod", SOON, () -> status(OTHER) == 200);
        assertThat(routed(OTHER, 6)).isEqualTo(Set.of(second.endpoint()));

        // What names no model goes to a target port.
        assertThat(models(OTHER)).isEqualTo(503);
        putPool(OTHER, "app: somebody", second.port());
        Await.until("the other pool has another port", SOON, () -> models(OTHER) == 200);

        // No request fails while the API server is away.
        cluster.stopApiServer();
        assertThat(routed(POOL, 20)).isEqualTo(Set.of(first.endpoint(), second.endpoint()));
        cluster.startApiServer();

        // A pod that leaves gets no requests.
        pods.delete(second);
        Await.until("the other pool is empty", SOON, () -> status(OTHER) == 503);
        Await.until(
                "its worker is gone", SOON, () -> gateway.admin().workerIds().equals(Set.of(first.id())));
        assertThat(routed(POOL, 6)).isEqualTo(Set.of(first.endpoint()));

        // What is under way when the pool is deleted ends well.
        CompletableFuture<Completion> slow = CompletableFuture.supplyAsync(() -> complete(POOL, 2000));
        Await.until("a request is under way", SOON, () -> gateway.admin().bookings() > 0);
        pool(POOL).delete();
        Await.until("the pool refuses", SOON, () -> status(POOL) == 503);
        assertThat(slow.join().isGood()).isTrue();
        Await.until("nothing is booked", SOON, () -> gateway.admin().bookings() == 0);

        cluster.applyManifest("k8s/pool.yaml", namespace);
        Await.until("the pool is back", SOON, () -> status(POOL) == 200);
    }

    @Test
    void requestsGoToDecodePodsAndArePrefilledElsewhere() {
        List<DynamoPods.Worker> prefill = List.of(pods.start("p-0", "prefill"), pods.start("p-1", "prefill"));
        List<DynamoPods.Worker> decode = List.of(pods.start("d-0", "decode"), pods.start("d-1", "decode"));
        cluster.applyManifest("k8s/pool.yaml", namespace);
        start(Stream.concat(prefill.stream(), decode.stream()).toArray(DynamoPods.Worker[]::new));

        assertThat(routed(POOL, 20)).isEqualTo(endpoints(decode));
        Set<String> prefilled = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            Completion completion = complete(POOL, 4);
            assertThat(completion.isGood()).as(completion.toString()).isTrue();
            prefilled.add(gateway.admin()
                    .pick(completion.requestId())
                    .prefill()
                    .orElseThrow()
                    .workerId());
        }
        assertThat(prefill.stream().map(DynamoPods.Worker::id).collect(Collectors.toSet()))
                .containsAll(prefilled);
    }

    @Test
    void theAccountOfTheManifestMayNotWriteNorReadAnythingElse() {
        Config config =
                Config.fromKubeconfig(cluster.kubeconfig(namespace, "kv-epp").toFile());
        try (KubernetesClient kvEpp =
                new KubernetesClientBuilder().withConfig(config).build()) {
            assertThat(kvEpp.pods().inNamespace(namespace).list().getItems()).isEmpty();
            assertForbidden(() -> kvEpp.secrets().inNamespace(namespace).list());
            assertForbidden(() -> kvEpp.configMaps().inNamespace(namespace).list());
            assertForbidden(() -> kvEpp.pods().inNamespace("default").list());
            assertForbidden(() -> kvEpp.pods().inNamespace(namespace).delete());
        }
    }

    private static void assertForbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        problem -> assertThat(problem.getCode()).isEqualTo(403));
    }

    private void start(DynamoPods.Worker... workers) {
        gateway = new PoolGateway(cluster, parts, namespace, List.of(POOL, OTHER));
        // Nobody answers what it knows before it listens.
        gateway.awaitReady();
        Set<String> ids = Stream.of(workers).map(DynamoPods.Worker::id).collect(Collectors.toCollection(TreeSet::new));
        Await.until("kv-epp knows the workers " + ids, SOON, () -> {
            pods.requireAlive();
            gateway.admin().requireModelNotFailed(DynamoPods.MODEL);
            return gateway.admin().connectedWorkers().equals(ids)
                    && gateway.admin().modelIsReady(DynamoPods.MODEL);
        });
        Await.until("frontends serve", SOON, () -> pods.frontendsServe());
    }

    /// Sends requests all at once, so that no worker is idle; where they went. Each goes to the pod of
    /// its worker.
    private Set<String> routed(String pool, int count) {
        List<CompletableFuture<Completion>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                running.add(CompletableFuture.supplyAsync(() -> complete(pool, 4), threads));
            }
        }
        Set<String> upstreams = new HashSet<>();
        for (CompletableFuture<Completion> ended : running) {
            Completion completion = ended.join();
            assertThat(completion.isGood()).as(completion.toString()).isTrue();
            PoolGateway.Access access = gateway.access(pool, completion.requestId());
            assertThat(access.worker()).isEqualTo(completion.decodeWorker());
            assertThat(access.upstream()).isEqualTo(pods.endpointOf(access.worker()));
            upstreams.add(access.upstream());
        }
        return upstreams;
    }

    private Completion complete(String pool, int tokens) {
        String body = """
                {"model": "%s", "max_tokens": %d, "ignore_eos": true, "nvext": {"extra_fields": ["worker_id"]}, \
                "messages": [{"role": "user", "content": "%s"}]}""".formatted(DynamoPods.MODEL, tokens, UUID.randomUUID() + " word".repeat(40));
        return gateway.client(pool).complete(InferenceClient.CHAT, body);
    }

    private int models(String pool) {
        return gateway.client(pool).get("/v1/models").status();
    }

    private int status(String pool) {
        String body = """
                {"model": "%s", "max_tokens": 1, "messages": [{"role": "user", "content": "hello"}]}""".formatted(DynamoPods.MODEL);
        return gateway.client(pool)
                .post(
                        InferenceClient.CHAT,
                        body.getBytes(StandardCharsets.UTF_8),
                        Headers.of("content-type", "application/json"))
                .status();
    }

    private static Set<String> endpoints(List<DynamoPods.Worker> workers) {
        return workers.stream().map(DynamoPods.Worker::endpoint).collect(Collectors.toSet());
    }

    private void label(DynamoPods.Worker worker, String name, String value) {
        cluster.admin().pods().inNamespace(namespace).withName(worker.pod()).edit(pod -> {
            pod.getMetadata().getLabels().put(name, value);
            return pod;
        });
    }

    private void putPool(String name, String labels, int port) {
        String pool = """
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: %s}
                spec:
                  selector: {matchLabels: {%s}}
                  targetPorts: [{number: %d}]
                  endpointPickerRef: {name: kv-epp, port: {number: 9002}}
                """.formatted(name, labels, port);
        cluster.applyText(pool, namespace);
    }

    private Resource<GenericKubernetesResource> pool(String name) {
        return cluster.admin()
                .genericKubernetesResources(new ResourceDefinitionContext.Builder()
                        .withGroup("inference.networking.k8s.io")
                        .withVersion("v1")
                        .withPlural("inferencepools")
                        .withKind("InferencePool")
                        .withNamespaced(true)
                        .build())
                .inNamespace(namespace)
                .withName(name);
    }
}
