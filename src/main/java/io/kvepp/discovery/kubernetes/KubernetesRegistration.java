package io.kvepp.discovery.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeStore;
import io.kvepp.kube.KubeWatch;
import io.kvepp.kube.PodIds;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Announces endpoints in a DynamoWorkerMetadata of its own, which belongs to the pod: it goes with
/// the pod, or when it is withdrawn.
///
/// An object that somebody has deleted or changed is written again. Others see the endpoints while
/// Kubernetes calls the pod ready.
///
/// Source: Dynamo `lib/runtime/src/discovery/kube`.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class KubernetesRegistration implements EndpointRegistration {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesRegistration.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ENDPOINTS = "endpoints";
    private static final String MODELS = "model_cards";

    /// As workers name themselves, so that either may replace what the other wrote.
    private static final String MANAGER = "dynamo-worker";

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final KubernetesDiscoveryConfig config;
    private final KubeStore api;
    private final Map<String, JsonNode> endpoints = new TreeMap<>();
    private final Map<String, JsonNode> models = new TreeMap<>();
    private final Semaphore changes = new Semaphore(0);
    private PodIdentity.@Nullable Told pod;
    private @Nullable KubeWatch watch;
    private volatile boolean stopped;

    public KubernetesRegistration(KubernetesDiscoveryConfig config, KubeStore api) {
        this.config = config;
        this.api = api;
    }

    @Override
    public synchronized void start() throws IOException {
        PodIdentity.Told told = config.pod().read(config.unit());
        pod = told;
        KubeWatch own = api.watch(
                KubernetesDiscovery.WORKER_METADATA, KubeScope.named(api.namespace(), told.target()), changes::release);
        watch = own;
        Thread.ofPlatform().daemon().name("registration-kubernetes").start(() -> keep(own));
    }

    @Override
    public synchronized long instanceId() {
        return PodIds.instanceId(told().target());
    }

    @Override
    public synchronized void announce(EndpointId endpoint, String transport) throws IOException {
        long id = instanceId();
        endpoints.put(
                AnnouncedRecords.key(endpoint, id), JSON.readTree(AnnouncedRecords.endpoint(endpoint, id, transport)));
        write();
    }

    @Override
    public boolean announceModels(EndpointId endpoint, EndpointId workerEndpoint, long workerId) throws IOException {
        String ofWorker = AnnouncedRecords.key(workerEndpoint, workerId);
        Map<String, JsonNode> found = new TreeMap<>();
        long id = instanceId();
        for (KubeObject object : api.list(KubernetesDiscovery.WORKER_METADATA, KubeScope.all(api.namespace()))) {
            for (Map.Entry<String, JsonNode> card : data(object).path(MODELS).properties()) {
                if (isAt(ofWorker, card.getKey())) {
                    byte[] record = card.getValue().toString().getBytes(StandardCharsets.UTF_8);
                    found.put(
                            AnnouncedRecords.key(endpoint, id) + card.getKey().substring(ofWorker.length()),
                            JSON.readTree(AnnouncedRecords.model(record, endpoint, id)));
                }
            }
        }
        synchronized (this) {
            models.keySet().removeIf(key -> isAt(AnnouncedRecords.key(endpoint, id), key));
            models.putAll(found);
            write();
        }
        return !found.isEmpty();
    }

    @Override
    public synchronized void withdrawModels(EndpointId endpoint) {
        String own = AnnouncedRecords.key(endpoint, instanceId());
        if (models.keySet().removeIf(key -> isAt(own, key))) {
            try {
                write();
            } catch (IOException e) {
                LOG.warn("models cannot be withdrawn now: source={} detail={}", own, e.getMessage());
                changes.release();
            }
        }
    }

    @Override
    public synchronized void close() {
        if (stopped || pod == null) {
            return;
        }
        stopped = true;
        changes.release();
        if (watch != null) {
            watch.close();
        }
        try {
            api.delete(KubernetesDiscovery.WORKER_METADATA, told().target());
        } catch (IOException e) {
            LOG.warn("the endpoints of this process stay announced until its pod ends: detail={}", e.getMessage());
        }
    }

    /// Whether an entry is of this key, or of an adapter of it.
    private static boolean isAt(String key, String entry) {
        return entry.equals(key) || entry.startsWith(key + "/");
    }

    private PodIdentity.Told told() {
        if (pod == null) {
            throw new IllegalStateException("not started (expected: start first)");
        }
        return pod;
    }

    private void keep(KubeWatch own) {
        String failure = "";
        try {
            while (!stopped) {
                changes.acquire();
                changes.drainPermits();
                String now = writeAgain(own);
                if (!now.isEmpty()) {
                    if (!now.equals(failure)) {
                        LOG.warn("the endpoints of this process cannot be announced now: detail={}", now);
                    }
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                    changes.release();
                }
                failure = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What went wrong; empty when everything is as it should be.
    private synchronized String writeAgain(KubeWatch own) {
        boolean nothing = endpoints.isEmpty() && models.isEmpty();
        if (stopped || nothing || !own.synced() || own.objects().stream().anyMatch(this::isCurrent)) {
            return "";
        }
        try {
            write();
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private boolean isCurrent(KubeObject object) {
        return object.name().equals(told().target())
                && holds(data(object).path(ENDPOINTS), endpoints)
                && holds(data(object).path(MODELS), models);
    }

    /// The server tells an empty map as null.
    private static boolean holds(JsonNode written, Map<String, JsonNode> entries) {
        return entries.isEmpty() ? written.isEmpty() : written.equals(tree(entries));
    }

    private static JsonNode data(KubeObject object) {
        return object.json().path("spec").path("data");
    }

    private void write() throws IOException {
        if (!stopped) {
            api.apply(KubernetesDiscovery.WORKER_METADATA, object(), MANAGER);
        }
    }

    private ObjectNode object() {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = object.putObject("metadata").put("name", told().target());
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Pod")
                .put("name", told().pod())
                .put("uid", told().uid())
                // Of several containers of a pod only one object can be the controller's.
                .put("controller", told().target().equals(told().pod()))
                .put("blockOwnerDeletion", false);
        ObjectNode data = object.putObject("spec").putObject("data");
        data.set(ENDPOINTS, tree(endpoints));
        data.set(MODELS, tree(models));
        data.putObject("event_channels");
        data.putObject("event_sources");
        return object;
    }

    private static ObjectNode tree(Map<String, JsonNode> entries) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        entries.forEach(tree::set);
        return tree;
    }
}
