package io.kvepp.discovery.kubernetes;

import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.DiscoveryProblem;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.WorkerSetFeed;
import io.kvepp.kube.KubeApi;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeWatch;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.WorkerSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches what workers write into Kubernetes.
///
/// - A worker has a DynamoWorkerMetadata of its name and is ready: the object of a pod that has
///   ended stays for a while, so that it alone says nothing.
/// - While the API server is away, the last known set stays in force.
///
/// Source: Dynamo `lib/runtime/src/discovery/kube`.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class KubernetesDiscovery implements WorkerDiscovery {
    static final KubeKind WORKER_METADATA =
            new KubeKind("nvidia.com", "v1alpha1", "dynamoworkermetadatas", "DynamoWorkerMetadata");

    /// On the Services of workers (from which their EndpointSlices inherit it) and on their pods.
    static final Map<String, String> ENABLED = Map.of("nvidia.com/dynamo-discovery-enabled", "true");

    private static final Logger LOG = LoggerFactory.getLogger(KubernetesDiscovery.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final KubernetesDiscoveryConfig config;
    private final DiscoveryConfig discoveryConfig;
    private final KubeApi api;
    private final EppMetrics metrics;
    private final DiscoveryRecordReader reader = new DiscoveryRecordReader();
    private final Semaphore changes = new Semaphore(0);
    private Map<String, WorkerMetadata> known = new HashMap<>();
    private volatile @Nullable WorkerSetFeed feed;
    private volatile List<KubeWatch> watches = List.of();
    private volatile boolean stopped;
    private @Nullable Thread thread;

    public KubernetesDiscovery(
            KubernetesDiscoveryConfig config, DiscoveryConfig discoveryConfig, KubeApi api, EppMetrics metrics) {
        this.config = config;
        this.discoveryConfig = discoveryConfig;
        this.api = api;
        this.metrics = metrics;
    }

    @Override
    public synchronized void start(Consumer<WorkerSet> listener) {
        if (thread != null || stopped) {
            throw new IllegalStateException("started twice, or after close");
        }
        WorkerSetFeed started = new WorkerSetFeed(discoveryConfig, metrics, listener);
        feed = started;
        thread = Thread.ofPlatform().name("discovery-kubernetes").start(() -> watch(started));
    }

    @Override
    public boolean synced() {
        @Nullable WorkerSetFeed started = feed;
        return started != null && started.synced();
    }

    @Override
    public boolean connected() {
        List<KubeWatch> open = watches;
        return !open.isEmpty() && open.stream().allMatch(KubeWatch::connected);
    }

    @Override
    public synchronized void close() {
        stopped = true;
        changes.release();
        if (thread != null && !thread.equals(Thread.currentThread())) {
            try {
                if (!thread.join(CLOSE_WAIT)) {
                    LOG.warn("the listener of worker sets did not return within {}; interrupting it", CLOSE_WAIT);
                    thread.interrupt();
                }
            } catch (InterruptedException e) {
                thread.interrupt();
                Thread.currentThread().interrupt();
            }
        }
    }

    private void watch(WorkerSetFeed target) {
        String namespace = api.namespace();
        KubeScope enabled = KubeScope.labelled(namespace, ENABLED);
        boolean byPod = config.unit() == KubernetesDiscoveryConfig.Unit.POD;
        try (KubeWatch metadata = api.watch(WORKER_METADATA, KubeScope.all(namespace), changes::release);
                KubeWatch readiness =
                        api.watch(byPod ? KubeKind.ENDPOINT_SLICE : KubeKind.POD, enabled, changes::release)) {
            watches = List.of(metadata, readiness);
            while (!stopped) {
                awaitChanges();
                boolean complete = metadata.synced() && readiness.synced();
                if (!stopped && complete && !offer(metadata.objects(), readiness.objects(), target)) {
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                    changes.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watches = List.of();
        }
    }

    /// A change seldom comes alone: a pod that starts writes its object in several steps.
    private void awaitChanges() throws InterruptedException {
        changes.acquire();
        if (!stopped && synced()) {
            Thread.sleep(config.debounce());
        }
        changes.drainPermits();
    }

    /// Whether that succeeded.
    private boolean offer(List<KubeObject> metadata, List<KubeObject> readiness, WorkerSetFeed target) {
        try {
            ReadyTargets ready = config.unit() == KubernetesDiscoveryConfig.Unit.POD
                    ? ReadyTargets.ofSlices(readiness)
                    : ReadyTargets.ofPods(readiness);
            Map<String, WorkerMetadata> next = new HashMap<>();
            List<DiscoveryRecord> records = new ArrayList<>();
            List<DiscoveryProblem> problems = new ArrayList<>();
            for (KubeObject object : metadata) {
                WorkerMetadata worker = WorkerMetadata.of(object, known.get(object.name()), reader);
                next.put(object.name(), worker);
                if (ready.includes(object)) {
                    records.addAll(worker.entries().values());
                    problems.addAll(worker.problems());
                }
            }
            known = next;
            target.offer(records, problems);
            return true;
        } catch (RuntimeException e) {
            // Workers must stay watched whatever one look at them did.
            LOG.error("looking at the workers of namespace {} failed", api.namespace(), e);
            return false;
        }
    }
}
